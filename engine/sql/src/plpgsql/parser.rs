//! Blocks, declarations and statements.

use super::{
    Block, Declaration, DeclarationKind, Handler, Step, StepKind, VariableType,
    scanner::{Kind, Token, scan},
};
use crate::{
    ParseError, ParserOptions,
    ast::{DataType, Expr, Query},
    limits,
    parser::{parse_data_type, parse_expression, parse_query},
};

/// Blocks and loops may contain each other this deep.
const NESTING_MAX: usize = 64;
/// A procedure has at most this many variables ("Limits and differences").
const VARIABLES_MAX: usize = 1024;

pub(super) type Parsed<T> = Result<T, ParseError>;

/// Parses the body of a procedure.
pub fn parse_body(text: &str, options: ParserOptions) -> Parsed<Block> {
    let mut parser = Parser { text, options, tokens: scan(text)?, at: 0, depth: 0, variables: 0 };
    let label = parser.label()?;
    if !parser.is("declare") && !parser.is("begin") {
        return Err(parser.unexpected());
    }
    let block = limits::on_deep_stack(|| {
        let block = parser.block(label)?;
        parser.eat_symbol(";");
        match parser.token().kind {
            Kind::End => Ok(block),
            _ => Err(parser.unexpected()),
        }
    })?;
    Ok(block)
}

pub(super) struct Parser<'a> {
    pub(super) text: &'a str,
    pub(super) options: ParserOptions,
    tokens: Vec<Token>,
    pub(super) at: usize,
    depth: usize,
    variables: usize,
}

impl Parser<'_> {
    // ---- tokens ----

    pub(super) fn token(&self) -> &Token {
        self.token_at(self.at)
    }

    pub(super) fn token_at(&self, index: usize) -> &Token {
        &self.tokens[index.min(self.tokens.len() - 1)]
    }

    pub(super) fn word_at(&self, index: usize) -> Option<&str> {
        match &self.token_at(index).kind {
            Kind::Word(word) => Some(word),
            _ => None,
        }
    }

    pub(super) fn is(&self, word: &str) -> bool {
        self.word_at(self.at) == Some(word)
    }

    pub(super) fn are(&self, words: &[&str]) -> bool {
        words.iter().enumerate().all(|(n, word)| self.word_at(self.at + n) == Some(*word))
    }

    pub(super) fn eat(&mut self, word: &str) -> bool {
        let found = self.is(word);
        self.at += usize::from(found);
        found
    }

    pub(super) fn eat_all(&mut self, words: &[&str]) -> bool {
        let found = self.are(words);
        if found {
            self.at += words.len();
        }
        found
    }

    pub(super) fn expect(&mut self, word: &str) -> Parsed<()> {
        if self.eat(word) { Ok(()) } else { Err(self.unexpected()) }
    }

    pub(super) fn is_symbol(&self, symbol: &str) -> bool {
        matches!(self.token().kind, Kind::Symbol(found) if found == symbol)
    }

    pub(super) fn eat_symbol(&mut self, symbol: &str) -> bool {
        let found = self.is_symbol(symbol);
        self.at += usize::from(found);
        found
    }

    pub(super) fn expect_symbol(&mut self, symbol: &str) -> Parsed<()> {
        if self.eat_symbol(symbol) { Ok(()) } else { Err(self.unexpected()) }
    }

    pub(super) fn name(&mut self) -> Parsed<String> {
        let (Kind::Word(name) | Kind::Quoted(name)) = &self.token().kind else { return Err(self.unexpected()) };
        let name = name.clone();
        self.at += 1;
        Ok(name)
    }

    pub(super) fn unexpected(&self) -> ParseError {
        let token = self.token();
        match token.kind {
            Kind::End => ParseError::at(self.text, self.text.len(), "syntax error at end of input"),
            _ => {
                let near = &self.text[token.start..token.end];
                ParseError::at(self.text, token.start, format!("syntax error at or near \"{near}\""))
            }
        }
    }

    pub(super) fn error(&self, message: impl Into<String>) -> ParseError {
        ParseError::at(self.text, self.token().start, message)
    }

    /// The index of the first token from here that `ends` takes, outside of parentheses and of CASE expressions.
    pub(super) fn find(&self, ends: impl Fn(&Self, usize) -> bool) -> Parsed<usize> {
        let (mut parentheses, mut cases) = (0usize, 0usize);
        let mut index = self.at;
        loop {
            let kind = &self.token_at(index).kind;
            if parentheses == 0 && cases == 0 && ends(self, index) {
                return Ok(index);
            }
            match kind {
                Kind::End => return Err(ParseError::at(self.text, self.text.len(), "syntax error at end of input")),
                Kind::Symbol("(" | "[") => parentheses += 1,
                Kind::Symbol(")" | "]") => parentheses = parentheses.saturating_sub(1),
                Kind::Symbol(";") if parentheses == 0 => {
                    return Err(ParseError::at(self.text, self.token_at(index).start, "syntax error at or near \";\""));
                }
                Kind::Word(word) if word == "case" => cases += 1,
                Kind::Word(word) if word == "end" => cases = cases.saturating_sub(1),
                _ => {}
            }
            index += 1;
        }
    }

    /// The text from here up to the token `end`, which comes next then.
    pub(super) fn text_until(&mut self, end: usize) -> Parsed<(usize, &str)> {
        if end == self.at {
            return Err(self.unexpected());
        }
        let range = (self.token().start, self.token_at(end - 1).end);
        self.at = end;
        Ok((range.0, &self.text[range.0..range.1]))
    }

    pub(super) fn shifted(&self, start: usize, error: &ParseError) -> ParseError {
        let moved = ParseError::at(self.text, start, error.message.clone());
        if error.limit { moved.into_limit() } else { moved }
    }

    // ---- SQL inside ----

    pub(super) fn expr_until(&mut self, ends: impl Fn(&Self, usize) -> bool) -> Parsed<Expr> {
        let end = self.find(ends)?;
        let options = self.options;
        let (start, text) = self.text_until(end)?;
        parse_expression(text, options).map_err(|error| self.shifted(start, &error))
    }

    pub(super) fn expr_until_semicolon(&mut self) -> Parsed<Expr> {
        let expr = self.expr_until(is_semicolon)?;
        self.expect_symbol(";")?;
        Ok(expr)
    }

    pub(super) fn query_until(&mut self, ends: impl Fn(&Self, usize) -> bool) -> Parsed<Box<Query>> {
        let end = self.find(ends)?;
        let options = self.options;
        let (start, text) = self.text_until(end)?;
        parse_query(text, options).map_err(|error| self.shifted(start, &error))
    }

    fn type_until(&mut self, ends: impl Fn(&Self, usize) -> bool) -> Parsed<DataType> {
        let end = self.find(ends)?;
        let options = self.options;
        let (start, text) = self.text_until(end)?;
        parse_data_type(text, options).map_err(|error| self.shifted(start, &error))
    }

    // ---- blocks ----

    pub(super) fn label(&mut self) -> Parsed<Option<String>> {
        if !self.eat_symbol("<<") {
            return Ok(None);
        }
        let label = self.name()?;
        self.expect_symbol(">>")?;
        Ok(Some(label))
    }

    /// From DECLARE or BEGIN to END and an optional label.
    pub(super) fn block(&mut self, label: Option<String>) -> Parsed<Block> {
        let mut declarations = Vec::new();
        if self.eat("declare") {
            while !self.is("begin") {
                // DECLARE may be repeated.
                if !self.eat("declare") {
                    declarations.push(self.declaration()?);
                }
            }
        }
        self.expect("begin")?;
        let statements = self.steps(&["end", "exception"])?;
        let handler = if self.eat("exception") { Some(self.handler()?) } else { None };
        self.expect("end")?;
        self.end_label(label.as_ref())?;
        Ok(Block { label, declarations, statements, handler })
    }

    fn handler(&mut self) -> Parsed<Handler> {
        let continues = self.eat("continue_handler");
        if !continues {
            self.eat("exit_handler");
        }
        self.expect("when")?;
        if !self.is("others") {
            return Err(self.error("the only condition of an exception handler that is supported is OTHERS"));
        }
        self.at += 1;
        self.expect("then")?;
        let statements = self.steps(&["end", "when"])?;
        if self.is("when") {
            return Err(self.unexpected());
        }
        Ok(Handler { continues, statements })
    }

    /// The label after END, which must be the one at the beginning.
    pub(super) fn end_label(&mut self, label: Option<&String>) -> Parsed<()> {
        if matches!(self.token().kind, Kind::Word(_) | Kind::Quoted(_)) {
            let given = self.name()?;
            if label != Some(&given) {
                return Err(self.error(format!("end label \"{given}\" does not match the label of its block")));
            }
        }
        Ok(())
    }

    /// Statements up to one of `ends`, which stays.
    pub(super) fn steps(&mut self, ends: &[&str]) -> Parsed<Vec<Step>> {
        self.depth += 1;
        if self.depth > NESTING_MAX {
            return Err(self.error("stack depth limit exceeded: blocks are nested too deeply").into_limit());
        }
        let mut steps = Vec::new();
        while !ends.iter().any(|end| self.is(end)) {
            if self.token().kind == Kind::End {
                return Err(self.unexpected());
            }
            let line = self.token().line;
            let kind = self.step()?;
            steps.push(Step { line, kind });
        }
        self.depth -= 1;
        Ok(steps)
    }

    // ---- declarations ----

    fn declaration(&mut self) -> Parsed<Declaration> {
        self.variables += 1;
        if self.variables > VARIABLES_MAX {
            return Err(self.error(format!("a procedure can have at most {VARIABLES_MAX} variables")).into_limit());
        }
        let name = self.name()?;
        if self.eat_all(&["alias", "for"]) {
            let token = self.token();
            let alias = self.text[token.start..token.end].to_lowercase();
            self.at += 1;
            self.expect_symbol(";")?;
            return Ok(Declaration { name, kind: DeclarationKind::Alias(alias) });
        }
        if self.eat("cursor") {
            return self.cursor_declaration(name);
        }
        let constant = self.eat("constant");
        let data_type = self.variable_type(|p, i| {
            is_semicolon(p, i)
                || matches!(p.token_at(i).kind, Kind::Symbol(":=" | "="))
                || p.word_at(i) == Some("default")
                || (p.word_at(i) == Some("not") && p.word_at(i + 1) == Some("null"))
        })?;
        let not_null = self.eat_all(&["not", "null"]);
        let default = if self.eat_symbol(":=") || self.eat_symbol("=") || self.eat("default") {
            Some(self.expr_until_semicolon()?)
        } else {
            self.expect_symbol(";")?;
            None
        };
        if not_null && default.is_none() {
            return Err(
                self.error(format!("variable \"{name}\" must have a default value, since it's declared NOT NULL"))
            );
        }
        Ok(Declaration { name, kind: DeclarationKind::Variable { constant, data_type, not_null, default } })
    }

    fn cursor_declaration(&mut self, name: String) -> Parsed<Declaration> {
        let mut arguments = Vec::new();
        if self.eat_symbol("(") {
            loop {
                let argument = self.name()?;
                let ends = |p: &Self, i: usize| matches!(p.token_at(i).kind, Kind::Symbol("," | ")"));
                arguments.push((argument, self.variable_type(ends)?));
                if !self.eat_symbol(",") {
                    break;
                }
            }
            self.expect_symbol(")")?;
        }
        if !self.eat("for") {
            self.expect("is")?;
        }
        let query = self.query_until(is_semicolon)?;
        self.expect_symbol(";")?;
        Ok(Declaration { name, kind: DeclarationKind::Cursor { arguments, query } })
    }

    fn variable_type(&mut self, ends: impl Fn(&Self, usize) -> bool) -> Parsed<VariableType> {
        let end = self.find(ends)?;
        if end == self.at + 1 && self.eat("record") {
            return Ok(VariableType::Record);
        }
        if end == self.at + 1 && self.eat("refcursor") {
            return Ok(VariableType::RefCursor);
        }
        let percent = matches!(self.token_at(end.saturating_sub(2)).kind, Kind::Symbol("%"));
        let last = self.word_at(end.saturating_sub(1)).map(str::to_owned);
        match last.as_deref() {
            Some(word @ ("type" | "rowtype")) if percent && end > self.at + 2 => {
                let mut parts = vec![self.name()?];
                while self.eat_symbol(".") {
                    parts.push(self.name()?);
                }
                self.expect_symbol("%")?;
                self.at += 1;
                Ok(if word == "type" { VariableType::TypeOf(parts) } else { VariableType::RowOf(parts) })
            }
            _ => Ok(VariableType::Sql(self.type_until(|_, index| index == end)?)),
        }
    }

    /// A statement that ends here.
    pub(super) fn finished(&mut self, kind: StepKind) -> Parsed<StepKind> {
        self.expect_symbol(";")?;
        Ok(kind)
    }
}

pub(super) fn is_semicolon(parser: &Parser<'_>, index: usize) -> bool {
    matches!(parser.token_at(index).kind, Kind::Symbol(";"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Block, String> {
        parse_body(text, ParserOptions::default()).map_err(|error| error.message)
    }

    #[test]
    fn statements_of_all_kinds() {
        let body = "<<outer>> declare a int := 1; b constant varchar(10) not null default 'x;'; r record;
              c cursor (k int) for select * from t where x = k; d t.x%type; e public.t%rowtype;
            begin
              a := case when a > 1 then 2 else 3 end; -- comment; with semicolon
              if a = 1 then null; elsif a = 2 then return; else raise info 'v % %%', a; end if;
              case a when 1, 2 then b := 'y'; else null; end case;
              <<l>> loop exit l when a > 3; continue when b is null; end loop l;
              while a < 3 loop a := a + 1; end loop;
              for i in reverse 10..1 loop null; end loop;
              for r in select * from t order by 1 loop null; end loop;
              for r in execute 'select 1' loop null; end loop;
              select into a, r.x count(*), 1 from t; select x into a from t; insert into t select 1;
              execute 'select ' || quote_ident(b) into a;
              open c(42); fetch c into r; close c; get diagnostics a := row_count;
              call p(a); commit; rollback; perform f(1); update t set x = a where y = b;
              begin null; exception when others then raise notice 'x'; end;
            end";
        let block = parse(body).unwrap();
        assert_eq!(block.declarations.len(), 6);
        assert_eq!(block.statements.len(), 22);
        assert_eq!(block.statements[0].line, 4);
    }

    #[test]
    fn mistakes_are_found() {
        for (body, message) in [
            ("begin a := ; end", "syntax error at or near \";\""),
            ("begin if a then null; end", "syntax error at end of input"),
            ("begin selec 1; end", "syntax error at or near \"selec\""),
            ("begin null; exception when division_by_zero then null; end", "only condition"),
            ("declare a int not null; begin null; end", "must have a default value"),
            ("begin for i in 1 loop null; end loop; end", "syntax error"),
            ("begin null;", "syntax error at end of input"),
        ] {
            let error = parse(body).unwrap_err();
            assert!(error.contains(message), "{body}: {error}");
        }
        assert!(parse(&"begin ".repeat(1000)).unwrap_err().contains("nested too deeply"));
    }
}
