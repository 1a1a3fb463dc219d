//! `SET` and `RESET`.

use sqlparser::tokenizer::Token;

use super::{Grammar, Parsed};
use crate::ast::{ParameterValue, Reset, Set, SetSessionAuthorization, SetTransaction, SetValue, Statement};

impl Grammar<'_> {
    pub(super) fn set_statement(&mut self) -> Parsed<Statement> {
        self.expect("set")?;
        if self.eat_all(&["session", "characteristics", "as", "transaction"]) {
            let modes = self.transaction_modes()?;
            return Ok(Statement::SetTransaction(SetTransaction { session: true, modes }));
        }
        if self.eat("transaction") {
            let modes = self.transaction_modes()?;
            return Ok(Statement::SetTransaction(SetTransaction { session: false, modes }));
        }
        let local = self.eat_scope();
        if self.eat_all(&["session", "authorization"]) {
            let user = if self.eat("default") { None } else { Some(self.string_or_word()?) };
            return Ok(Statement::SetSessionAuthorization(SetSessionAuthorization { local, user }));
        }
        Ok(Statement::Set(self.set_parameter(local)?))
    }

    /// `SESSION` or `LOCAL`, not followed by `AUTHORIZATION`; whether it was `LOCAL`.
    fn eat_scope(&mut self) -> bool {
        let local = self.eat("local");
        if !local && !self.are(&["session", "authorization"]) {
            self.eat("session");
        }
        local
    }

    /// `name {TO|=} value`, after `SET [SESSION|LOCAL]`.
    pub(super) fn set_parameter(&mut self, local: bool) -> Parsed<Set> {
        if self.eat_all(&["time", "zone"]) {
            let name = "timezone".to_string();
            let value = if self.eat("default") || self.eat("local") {
                SetValue::Default
            } else {
                SetValue::Values(vec![self.parameter_value()?])
            };
            return Ok(Set { local, name, value });
        }
        let name = self.parameter_name()?;
        // `SET SEED TO value`: the same form, an own meaning.
        if !self.eat("to") {
            self.expect_token(&Token::Eq)?;
        }
        let value =
            if self.eat("default") { SetValue::Default } else { SetValue::Values(self.list(Self::parameter_value)?) };
        Ok(Set { local, name, value })
    }

    /// `name` or `prefix.name`, lower case.
    pub(super) fn parameter_name(&mut self) -> Parsed<String> {
        let mut name = self.any_ident()?.value.to_ascii_lowercase();
        while self.eat_token(&Token::Period) {
            name.push('.');
            name.push_str(&self.any_ident()?.value.to_ascii_lowercase());
        }
        Ok(name)
    }

    fn parameter_value(&mut self) -> Parsed<ParameterValue> {
        if self.is("interval") && matches!(self.token_after(1), Token::SingleQuotedString(_)) {
            return Ok(ParameterValue::Interval(crate::unparse::sql_text(&self.expr()?)));
        }
        match self.token() {
            Token::SingleQuotedString(_) => Ok(ParameterValue::String(self.string()?)),
            Token::Word(_) => Ok(ParameterValue::Word(self.any_ident()?)),
            _ => {
                let sign = if self.eat_token(&Token::Minus) { "-" } else { "" };
                self.eat_token(&Token::Plus);
                let Token::Number(digits, _) = self.token() else { return Err(self.unexpected()) };
                let number = format!("{sign}{digits}");
                self.advance();
                Ok(ParameterValue::Number(number))
            }
        }
    }

    pub(super) fn reset_statement(&mut self) -> Parsed<Statement> {
        self.expect("reset")?;
        if self.eat_all(&["session", "authorization"]) {
            return Ok(Statement::SetSessionAuthorization(SetSessionAuthorization { local: false, user: None }));
        }
        Ok(Statement::Reset(self.reset_parameter()?))
    }

    /// After `RESET`.
    pub(super) fn reset_parameter(&mut self) -> Parsed<Reset> {
        if self.eat("all") {
            return Ok(Reset { name: None });
        }
        if self.eat_all(&["time", "zone"]) {
            return Ok(Reset { name: Some("timezone".to_string()) });
        }
        Ok(Reset { name: Some(self.parameter_name()?) })
    }
}
