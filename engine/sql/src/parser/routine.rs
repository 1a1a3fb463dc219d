//! Procedures, functions, libraries, `CALL`.

use sqlparser::ast::DataType;
use sqlparser::tokenizer::Token;

use super::{Grammar, Parsed};
use crate::ast::{
    AlterRoutine, AlterRoutineAction, ArgumentMode, Call, CreateExternalFunction, CreateFunction, CreateLibrary,
    CreateProcedure, DropRoutine, Expr, RoutineArgument, Statement, Volatility,
};

impl Grammar<'_> {
    /// `(type, …)`, or nothing.
    pub(super) fn type_list(&mut self) -> Parsed<Option<Vec<DataType>>> {
        let arguments = self.routine_arguments()?;
        Ok(arguments.map(|arguments| arguments.into_iter().map(|argument| argument.data_type).collect()))
    }

    /// `(expression, …)`, or nothing.
    pub(super) fn optional_arguments(&mut self) -> Parsed<Option<Vec<Expr>>> {
        if !self.eat_token(&Token::LParen) {
            return Ok(None);
        }
        if self.eat_token(&Token::RParen) {
            return Ok(Some(Vec::new()));
        }
        let values = self.list(Self::expr)?;
        self.expect_token(&Token::RParen)?;
        Ok(Some(values))
    }

    /// `([name] [mode] type, …)`, or nothing.
    pub(super) fn routine_arguments(&mut self) -> Parsed<Option<Vec<RoutineArgument>>> {
        if !self.eat_token(&Token::LParen) {
            return Ok(None);
        }
        if self.eat_token(&Token::RParen) {
            return Ok(Some(Vec::new()));
        }
        let arguments = self.list(Self::routine_argument)?;
        self.expect_token(&Token::RParen)?;
        Ok(Some(arguments))
    }

    /// Mode, name and type, the first two optional and in either order.
    fn routine_argument(&mut self) -> Parsed<RoutineArgument> {
        let mut mode = self.argument_mode();
        let mut name = None;
        if self.starts_named_argument() {
            name = Some(self.any_ident()?);
            mode = mode.or(self.argument_mode());
        }
        Ok(RoutineArgument { mode: mode.unwrap_or_default(), name, data_type: self.data_type()? })
    }

    fn argument_mode(&mut self) -> Option<ArgumentMode> {
        match self.eat_one_of(&["in", "out", "inout"])? {
            "in" => Some(ArgumentMode::In),
            "out" => Some(ArgumentMode::Out),
            _ => Some(ArgumentMode::InOut),
        }
    }

    /// Whether a name comes before the type: two words that are not one type of two words.
    fn starts_named_argument(&self) -> bool {
        let Token::Word(second) = self.token_after(1) else { return false };
        let two_word_type = matches!(
            (self.word(), second.value.as_str()),
            (Some("double"), "precision")
                | (Some("character" | "char" | "nchar" | "binary"), "varying")
                | (Some("time" | "timestamp"), "with" | "without")
                | (Some("interval"), "year" | "month" | "day" | "hour" | "minute" | "second")
        );
        !two_word_type
    }

    /// After `CREATE [OR REPLACE] PROCEDURE`.
    pub(super) fn create_procedure(&mut self, or_replace: bool) -> Parsed<Statement> {
        let name = self.object_name()?;
        let Some(arguments) = self.routine_arguments()? else { return Err(self.unexpected()) };
        let mut procedure = CreateProcedure {
            or_replace,
            name,
            arguments,
            nonatomic: self.eat("nonatomic"),
            body: String::new(),
            language: String::new(),
            security_definer: None,
            settings: Vec::new(),
        };
        let mut body = None;
        while !self.at_end() {
            if self.eat("as") {
                body = Some(self.string()?);
            } else if self.eat("language") {
                procedure.language = self.string_or_word()?.to_ascii_lowercase();
            } else if self.eat_all(&["security", "definer"]) {
                procedure.security_definer = Some(true);
            } else if self.eat_all(&["security", "invoker"]) {
                procedure.security_definer = Some(false);
            } else if self.eat("nonatomic") {
                procedure.nonatomic = true;
            } else if self.eat("set") {
                procedure.settings.push(self.set_parameter(false)?);
            } else {
                return Err(self.unexpected());
            }
        }
        match body {
            Some(body) if !procedure.language.is_empty() => procedure.body = body,
            _ => return Err(self.unexpected()),
        }
        Ok(Statement::CreateProcedure(procedure))
    }

    fn volatility(&mut self) -> Option<Volatility> {
        match self.eat_one_of(&["volatile", "stable", "immutable"])? {
            "volatile" => Some(Volatility::Volatile),
            "stable" => Some(Volatility::Stable),
            _ => Some(Volatility::Immutable),
        }
    }

    /// After `CREATE [OR REPLACE] FUNCTION`.
    pub(super) fn create_function(&mut self, or_replace: bool) -> Parsed<Statement> {
        let name = self.object_name()?;
        let Some(arguments) = self.routine_arguments()? else { return Err(self.unexpected()) };
        self.expect("returns")?;
        let returns = self.data_type()?;
        let (mut volatility, mut body, mut language) = (None, None, None);
        while !self.at_end() {
            if let Some(found) = self.volatility() {
                volatility = Some(found);
            } else if self.eat("as") {
                body = Some(self.string()?);
            } else if self.eat("language") {
                language = Some(self.string_or_word()?.to_ascii_lowercase());
            } else {
                return Err(self.unexpected());
            }
        }
        let (Some(body), Some(language)) = (body, language) else { return Err(self.unexpected()) };
        let volatility = volatility.unwrap_or_default();
        let function = CreateFunction { or_replace, name, arguments, returns, volatility, body, language };
        Ok(Statement::CreateFunction(function))
    }

    /// After `CREATE [OR REPLACE] EXTERNAL FUNCTION`.
    pub(super) fn create_external_function(&mut self, or_replace: bool) -> Parsed<Statement> {
        let name = self.object_name()?;
        let Some(arguments) = self.routine_arguments()? else { return Err(self.unexpected()) };
        self.expect("returns")?;
        let returns = self.data_type()?;
        let volatility = self.volatility().unwrap_or_default();
        let service = match self.eat_one_of(&["lambda", "sagemaker"]) {
            Some(word) => word.to_uppercase(),
            None => return Err(self.unexpected()),
        };
        let target = self.string()?;
        let (mut iam_role, mut options) = (None, Vec::new());
        while !self.at_end() {
            if self.eat("iam_role") {
                iam_role = Some(self.iam_role()?);
            } else if let Some(word) = self.eat_one_of(&["retry_timeout", "max_batch_rows", "max_batch_size"]) {
                let mut value = self.unsigned()?.to_string();
                if let Some(unit) = self.eat_one_of(&["kb", "mb"]) {
                    value = format!("{value} {}", unit.to_uppercase());
                }
                options.push((word.to_uppercase(), value));
            } else {
                return Err(self.unexpected());
            }
        }
        Ok(Statement::CreateExternalFunction(CreateExternalFunction {
            or_replace,
            name,
            arguments,
            returns,
            volatility,
            service,
            target,
            iam_role,
            options,
        }))
    }

    /// After `ALTER PROCEDURE|FUNCTION`.
    pub(super) fn alter_routine(&mut self, procedure: bool) -> Parsed<Statement> {
        let name = self.object_name()?;
        let arguments = self.routine_arguments()?;
        let action = if self.eat_all(&["rename", "to"]) {
            AlterRoutineAction::RenameTo(self.ident()?)
        } else {
            self.expect_all(&["owner", "to"])?;
            AlterRoutineAction::OwnerTo(self.any_ident()?)
        };
        Ok(Statement::AlterRoutine(AlterRoutine { procedure, name, arguments, action }))
    }

    /// After `DROP PROCEDURE|FUNCTION`.
    pub(super) fn drop_routine(&mut self, procedure: bool) -> Parsed<Statement> {
        let if_exists = self.if_exists();
        let routines = self.list(|g| Ok((g.object_name()?, g.routine_arguments()?)))?;
        Ok(Statement::DropRoutine(DropRoutine { procedure, if_exists, routines, behavior: self.drop_behavior() }))
    }

    pub(super) fn call(&mut self) -> Parsed<Statement> {
        self.expect("call")?;
        let name = self.object_name()?;
        match self.optional_arguments()? {
            Some(arguments) => Ok(Statement::Call(Call { name, arguments })),
            None => Err(self.unexpected()),
        }
    }

    /// After `CREATE [OR REPLACE] LIBRARY`.
    pub(super) fn create_library(&mut self, or_replace: bool) -> Parsed<Statement> {
        let name = self.ident()?;
        self.expect("language")?;
        let language = self.string_or_word()?.to_ascii_lowercase();
        self.expect("from")?;
        let location = self.string()?;
        Ok(Statement::CreateLibrary(CreateLibrary {
            or_replace,
            name,
            language,
            location,
            options: self.copy_options()?,
        }))
    }
}
