//! The statements of PL/pgSQL.

use super::{
    RaiseLevel, RowSource, StepKind, Target,
    parser::{Parsed, Parser, is_semicolon},
    scanner::Kind,
};
use crate::{ScriptPart, ast::Expr, parser::parse_statement};

impl Parser<'_> {
    pub(super) fn step(&mut self) -> Parsed<StepKind> {
        let label = self.label()?;
        if let Some(step) = self.labelled(label.clone())? {
            return Ok(step);
        }
        if label.is_some() {
            return Err(self.unexpected());
        }
        if self.is_assignment() {
            return self.assignment();
        }
        let Some(word) = self.word_at(self.at).map(str::to_owned) else { return Err(self.unexpected()) };
        match word.as_str() {
            "if" => self.if_step(),
            "case" => self.case_step(),
            "exit" | "continue" => self.leave(),
            "return" => self.alone(StepKind::Return),
            "null" => self.alone(StepKind::Nothing),
            "commit" => self.alone(StepKind::Commit),
            "rollback" => self.alone(StepKind::Rollback),
            "start" => {
                self.at += 1;
                self.expect("transaction")?;
                self.finished(StepKind::StartTransaction)
            }
            "raise" => self.raise(),
            "execute" => self.execute(),
            "open" => self.open(),
            "fetch" => self.fetch(),
            "close" => {
                self.at += 1;
                let cursor = self.name()?;
                self.finished(StepKind::Close(cursor))
            }
            "get" => {
                self.at += 1;
                self.expect("diagnostics")?;
                let target = self.target()?;
                if !self.eat_symbol(":=") {
                    self.expect_symbol("=")?;
                }
                self.expect("row_count")?;
                self.finished(StepKind::GetRowCount(target))
            }
            "perform" => {
                self.at += 1;
                let end = self.find(is_semicolon)?;
                let options = self.options;
                let (start, text) = self.text_until(end)?;
                let query = crate::parse_query(&format!("select {text}"), options);
                let query = query.map_err(|error| self.shifted(start, &error))?;
                self.finished(StepKind::Perform(query))
            }
            _ => self.sql(&word),
        }
    }

    /// Blocks and loops: what can have a label.
    fn labelled(&mut self, label: Option<String>) -> Parsed<Option<StepKind>> {
        if self.is("declare") || self.is("begin") {
            let block = self.block(label)?;
            return self.finished(StepKind::Block(block)).map(Some);
        }
        if self.eat("loop") {
            let body = self.loop_body(label.as_ref())?;
            return Ok(Some(StepKind::Loop { label, condition: None, body }));
        }
        if self.eat("while") {
            let condition = Some(self.expr_until(|p, i| p.word_at(i) == Some("loop"))?);
            self.expect("loop")?;
            let body = self.loop_body(label.as_ref())?;
            return Ok(Some(StepKind::Loop { label, condition, body }));
        }
        if self.eat("for") {
            return self.for_step(label).map(Some);
        }
        Ok(None)
    }

    fn loop_body(&mut self, label: Option<&String>) -> Parsed<Vec<super::Step>> {
        let body = self.steps(&["end"])?;
        self.expect("end")?;
        self.expect("loop")?;
        self.end_label(label)?;
        self.expect_symbol(";")?;
        Ok(body)
    }

    fn for_step(&mut self, label: Option<String>) -> Parsed<StepKind> {
        let targets = self.targets()?;
        self.expect("in")?;
        let is_loop = |p: &Self, i: usize| p.word_at(i) == Some("loop");
        let is_range = |p: &Self, i: usize| matches!(p.token_at(i).kind, Kind::Symbol("..")) || is_loop(p, i);
        let reverse = self.eat("reverse");
        let middle = self.find(is_range)?;
        if !is_loop(self, middle) {
            let from = self.expr_until(is_range)?;
            self.expect_symbol("..")?;
            let to = self.expr_until(is_loop)?;
            self.expect("loop")?;
            let variable = match targets.as_slice() {
                [target] if target.len() == 1 => target[0].clone(),
                _ => return Err(self.error("an integer FOR loop has one variable")),
            };
            let body = self.loop_body(label.as_ref())?;
            return Ok(StepKind::ForRange { label, variable, reverse, from, to, body });
        }
        let source = self.row_source(is_loop)?;
        self.expect("loop")?;
        let body = self.loop_body(label.as_ref())?;
        Ok(StepKind::ForQuery { label, targets, source, body })
    }

    fn row_source(&mut self, ends: impl Fn(&Self, usize) -> bool) -> Parsed<RowSource> {
        if self.eat("execute") {
            return Ok(RowSource::Dynamic(self.expr_until(ends)?));
        }
        Ok(RowSource::Query(self.query_until(ends)?))
    }

    fn alone(&mut self, kind: StepKind) -> Parsed<StepKind> {
        self.at += 1;
        if matches!(kind, StepKind::Return) && !self.is_symbol(";") {
            return Err(self.error("RETURN cannot have a parameter in a procedure"));
        }
        self.finished(kind)
    }

    // ---- targets and assignment ----

    /// `name` or `record.field`.
    pub(super) fn target(&mut self) -> Parsed<Target> {
        let mut parts = vec![self.target_name()?];
        while self.eat_symbol(".") {
            parts.push(self.name()?);
        }
        Ok(parts)
    }

    /// A variable's name, or `$n`.
    fn target_name(&mut self) -> Parsed<String> {
        let token = self.token();
        let text = &self.text[token.start..token.end];
        if token.kind == Kind::Other && text.starts_with('$') {
            let name = text.to_owned();
            self.at += 1;
            return Ok(name);
        }
        self.name()
    }

    fn targets(&mut self) -> Parsed<Vec<Target>> {
        let mut targets = vec![self.target()?];
        while self.eat_symbol(",") {
            targets.push(self.target()?);
        }
        Ok(targets)
    }

    fn is_assignment(&self) -> bool {
        let mut index = self.at + 1;
        while matches!(self.token_at(index).kind, Kind::Symbol(".")) {
            index += 2;
        }
        matches!(self.token_at(index).kind, Kind::Symbol(":=" | "="))
    }

    fn assignment(&mut self) -> Parsed<StepKind> {
        let target = self.target()?;
        self.at += 1;
        let value = self.expr_until_semicolon()?;
        Ok(StepKind::Assign { target, value })
    }

    // ---- control ----

    fn if_step(&mut self) -> Parsed<StepKind> {
        let mut branches = Vec::new();
        self.at += 1;
        loop {
            let condition = self.expr_until(|p, i| p.word_at(i) == Some("then"))?;
            self.expect("then")?;
            branches.push((condition, self.steps(&["elsif", "elseif", "else", "end"])?));
            if !(self.eat("elsif") || self.eat("elseif")) {
                break;
            }
        }
        let otherwise = if self.eat("else") { self.steps(&["end"])? } else { Vec::new() };
        self.expect("end")?;
        self.expect("if")?;
        self.finished(StepKind::If { branches, otherwise })
    }

    fn case_step(&mut self) -> Parsed<StepKind> {
        self.at += 1;
        let is_when = |p: &Self, i: usize| p.word_at(i) == Some("when");
        let operand = if self.is("when") { None } else { Some(self.expr_until(is_when)?) };
        let mut branches = Vec::new();
        while self.eat("when") {
            let ends =
                |p: &Self, i: usize| p.word_at(i) == Some("then") || matches!(p.token_at(i).kind, Kind::Symbol(","));
            let mut values = vec![self.expr_until(ends)?];
            while self.eat_symbol(",") {
                values.push(self.expr_until(ends)?);
            }
            self.expect("then")?;
            branches.push((values, self.steps(&["when", "else", "end"])?));
        }
        if branches.is_empty() {
            return Err(self.unexpected());
        }
        let otherwise = if self.eat("else") { Some(self.steps(&["end"])?) } else { None };
        self.expect("end")?;
        self.expect("case")?;
        self.finished(StepKind::Case { operand, branches, otherwise })
    }

    fn leave(&mut self) -> Parsed<StepKind> {
        let continues = self.is("continue");
        self.at += 1;
        let label = if self.is("when") || self.is_symbol(";") { None } else { Some(self.name()?) };
        let when = if self.eat("when") { Some(self.expr_until(is_semicolon)?) } else { None };
        self.finished(StepKind::Leave { continues, label, when })
    }

    fn raise(&mut self) -> Parsed<StepKind> {
        self.at += 1;
        if self.is_symbol(";") {
            return self.finished(StepKind::Raise { level: None, format: String::new(), arguments: Vec::new() });
        }
        let level = match self.word_at(self.at) {
            Some("debug") => RaiseLevel::Debug,
            Some("log") => RaiseLevel::Log,
            Some("info") => RaiseLevel::Info,
            Some("notice") => RaiseLevel::Notice,
            Some("warning") => RaiseLevel::Warning,
            Some("exception") => RaiseLevel::Exception,
            _ => return Err(self.unexpected()),
        };
        self.at += 1;
        let Kind::Text(format) = &self.token().kind else { return Err(self.unexpected()) };
        let format = format.clone();
        self.at += 1;
        let mut arguments: Vec<Expr> = Vec::new();
        while self.eat_symbol(",") {
            arguments.push(self.expr_until(|p, i| matches!(p.token_at(i).kind, Kind::Symbol("," | ";")))?);
        }
        let wanted = format.replace("%%", "").matches('%').count();
        if arguments.len() > wanted {
            return Err(self.error("too many parameters specified for RAISE"));
        }
        if arguments.len() < wanted {
            return Err(self.error("too few parameters specified for RAISE"));
        }
        self.finished(StepKind::Raise { level: Some(level), format, arguments })
    }

    // ---- SQL ----

    fn execute(&mut self) -> Parsed<StepKind> {
        self.at += 1;
        let command = self.expr_until(|p, i| is_semicolon(p, i) || p.word_at(i) == Some("into"))?;
        let into = if self.eat("into") { Some(self.targets()?) } else { None };
        self.finished(StepKind::Execute { command, into })
    }

    fn open(&mut self) -> Parsed<StepKind> {
        self.at += 1;
        let cursor = self.name()?;
        let mut arguments = Vec::new();
        if self.eat_symbol("(") {
            let ends = |p: &Self, i: usize| matches!(p.token_at(i).kind, Kind::Symbol("," | ")"));
            loop {
                arguments.push(self.expr_until(ends)?);
                if !self.eat_symbol(",") {
                    break;
                }
            }
            self.expect_symbol(")")?;
        }
        let source = if self.eat("for") { Some(self.row_source(is_semicolon)?) } else { None };
        self.finished(StepKind::Open { cursor, source, arguments })
    }

    fn fetch(&mut self) -> Parsed<StepKind> {
        self.at += 1;
        let cursor = self.name()?;
        self.expect("into")?;
        let into = self.targets()?;
        self.finished(StepKind::Fetch { cursor, into })
    }

    /// Any command of SQL up to its semicolon. INTO of a query names variables and is taken out.
    fn sql(&mut self, word: &str) -> Parsed<StepKind> {
        let (first, end) = (self.at, self.end_of_statement()?);
        let start = self.token_at(first).start;
        let stop = self.token_at(end - 1).end;
        let mut text = self.text[start..stop].to_owned();
        let mut into = None;
        if (word == "select" || word == "with")
            && let Some(position) = self.find_into(first, end)
        {
            self.at = position + 1;
            into = Some(self.targets()?);
            let (from, to) = (self.token_at(position).start, self.token_at(self.at - 1).end);
            // Blanks keep the places of what comes behind.
            text.replace_range(from - start..to - start, &" ".repeat(to - from));
        }
        self.at = end;
        let parsed =
            parse_statement(&ScriptPart::whole(&text), self.options).map_err(|error| self.shifted(start, &error))?;
        self.finished(StepKind::Sql { statement: Box::new(parsed.statement), text, into })
    }

    /// The index of the semicolon that ends the statement here.
    fn end_of_statement(&self) -> Parsed<usize> {
        let mut index = self.at;
        loop {
            match self.token_at(index).kind {
                Kind::Symbol(";") => return Ok(index),
                Kind::End => {
                    return Err(crate::ParseError::at(self.text, self.text.len(), "syntax error at end of input"));
                }
                _ => index += 1,
            }
        }
    }

    /// INTO outside of parentheses.
    fn find_into(&self, first: usize, end: usize) -> Option<usize> {
        let mut parentheses = 0usize;
        for index in first..end {
            match &self.token_at(index).kind {
                Kind::Symbol("(") => parentheses += 1,
                Kind::Symbol(")") => parentheses = parentheses.saturating_sub(1),
                Kind::Word(word) if word == "into" && parentheses == 0 => {
                    let inserts = matches!(self.word_at(index.saturating_sub(1)), Some("insert" | "merge"));
                    return (!inserts).then_some(index);
                }
                _ => {}
            }
        }
        None
    }
}
