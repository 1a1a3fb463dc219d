//! Columns, constraints and attributes of tables.

use sqlparser::tokenizer::Token;

use super::{Grammar, Parsed};
use crate::ast::{
    Collation, ColumnDefinition, DistStyle, Encoding, Expr, Ident, Identity, References, SortKey, TableAttributes,
    TableConstraint, TableConstraintKind,
};

impl Grammar<'_> {
    /// `name type attributes`, attributes in any order.
    pub(super) fn column_definition(&mut self) -> Parsed<ColumnDefinition> {
        let mut column = ColumnDefinition {
            name: self.ident()?,
            data_type: self.data_type()?,
            default: None,
            identity: None,
            encoding: None,
            dist_key: false,
            sort_key: false,
            collation: None,
            nullable: None,
            unique: false,
            primary_key: false,
            references: None,
        };
        while matches!(self.token(), Token::Word(_)) {
            self.column_attribute(&mut column)?;
        }
        Ok(column)
    }

    fn column_attribute(&mut self, column: &mut ColumnDefinition) -> Parsed<()> {
        if self.eat("default") {
            self.default_value(column)?;
        } else if self.eat("identity") {
            column.identity = Some(self.identity(false)?);
        } else if self.eat_all(&["generated", "by", "default", "as", "identity"]) {
            column.identity = Some(self.identity(true)?);
        } else if self.eat("encode") {
            column.encoding = Some(self.encoding()?);
        } else if self.eat("distkey") {
            column.dist_key = true;
        } else if self.eat("sortkey") {
            column.sort_key = true;
        } else if self.eat("collate") {
            column.collation = Some(self.collation()?);
        } else if self.eat_all(&["not", "null"]) {
            column.nullable = Some(false);
        } else if self.eat("null") {
            column.nullable = Some(true);
        } else if self.eat("unique") {
            column.unique = true;
        } else if self.eat_all(&["primary", "key"]) {
            column.primary_key = true;
        } else if self.eat("references") {
            column.references = Some(self.references()?);
        } else if self.eat("constraint") {
            // A column constraint's name: read, not kept.
            self.ident()?;
        } else {
            return Err(self.unexpected());
        }
        Ok(())
    }

    /// `DEFAULT expression`. `sqlparser` takes a following `COLLATE` as part of the expression.
    fn default_value(&mut self, column: &mut ColumnDefinition) -> Parsed<()> {
        if column.default.is_some() {
            return Err(self.error(format!("multiple default values specified for column \"{}\"", column.name.value)));
        }
        column.default = Some(match self.expr()? {
            Expr::Collate { expr, collation } => {
                column.collation = collation_named(&collation.to_string());
                if column.collation.is_none() {
                    return Err(self.unexpected_last());
                }
                *expr
            }
            other => other,
        });
        Ok(())
    }

    /// `(seed, step)` or nothing.
    fn identity(&mut self, by_default: bool) -> Parsed<Identity> {
        if *self.token() != Token::LParen {
            return Ok(Identity { seed: 1, step: 1, by_default });
        }
        self.parenthesized(|g| {
            let seed = g.signed()?;
            g.expect_token(&Token::Comma)?;
            Ok(Identity { seed, step: g.signed()?, by_default })
        })
    }

    pub(super) fn encoding(&mut self) -> Parsed<Encoding> {
        match self.word().and_then(Encoding::from_name) {
            Some(encoding) => {
                self.advance();
                Ok(encoding)
            }
            None => Err(self.unexpected()),
        }
    }

    /// `CASE_SENSITIVE`, `CS`, `CASE_INSENSITIVE`, `CI`.
    pub(super) fn collation(&mut self) -> Parsed<Collation> {
        match self.word().and_then(collation_named) {
            Some(collation) => {
                self.advance();
                Ok(collation)
            }
            None => Err(self.unexpected()),
        }
    }

    fn references(&mut self) -> Parsed<References> {
        Ok(References { table: self.object_name()?, columns: self.optional_paren_idents()? })
    }

    pub(super) fn starts_constraint(&self) -> bool {
        self.is("constraint")
            || self.are(&["primary", "key"])
            || self.are(&["foreign", "key"])
            || (self.is("unique") && *self.token_after(1) == Token::LParen)
    }

    /// `[CONSTRAINT name] UNIQUE … | PRIMARY KEY … | FOREIGN KEY …`.
    pub(super) fn table_constraint(&mut self) -> Parsed<TableConstraint> {
        let name = if self.eat("constraint") { Some(self.ident()?) } else { None };
        let kind = if self.eat("unique") {
            TableConstraintKind::Unique(self.paren_idents()?)
        } else if self.eat_all(&["primary", "key"]) {
            TableConstraintKind::PrimaryKey(self.paren_idents()?)
        } else if self.eat_all(&["foreign", "key"]) {
            let columns = self.paren_idents()?;
            self.expect("references")?;
            TableConstraintKind::ForeignKey { columns, references: self.references()? }
        } else {
            return Err(self.unexpected());
        };
        Ok(TableConstraint { name, kind })
    }

    /// Table attributes in any order; stops at the first word that is none.
    pub(super) fn table_attributes(&mut self) -> Parsed<TableAttributes> {
        let mut attributes = TableAttributes::default();
        loop {
            if self.eat("backup") {
                attributes.backup = Some(self.switch()?);
            } else if self.eat("diststyle") {
                attributes.dist_style = Some(self.dist_style()?);
            } else if self.eat("distkey") {
                attributes.dist_key = Some(self.parenthesized(Self::key_column)?);
            } else if self.is("sortkey") || self.are(&["compound", "sortkey"]) || self.are(&["interleaved", "sortkey"])
            {
                attributes.sort_key = Some(self.sort_key()?);
            } else if self.eat_all(&["encode", "auto"]) {
                attributes.encode_auto = true;
            } else if self.eat_all(&["on", "commit", "preserve", "rows"]) {
                // What temporary tables do anyway; BI tools say so.
            } else {
                return Ok(attributes);
            }
        }
    }

    /// A column's name, or its number in `CREATE TABLE AS`.
    fn key_column(&mut self) -> Parsed<Ident> {
        if !matches!(self.token(), Token::Number(..)) {
            return self.any_ident();
        }
        Ok(Ident::new(self.unsigned()?.to_string()))
    }

    pub(super) fn dist_style(&mut self) -> Parsed<DistStyle> {
        match self.eat_one_of(&["auto", "even", "key", "all"]) {
            Some("auto") => Ok(DistStyle::Auto),
            Some("even") => Ok(DistStyle::Even),
            Some("key") => Ok(DistStyle::Key),
            Some(_) => Ok(DistStyle::All),
            None => Err(self.unexpected()),
        }
    }

    /// `[COMPOUND|INTERLEAVED] SORTKEY (columns)`, `SORTKEY AUTO|NONE`. dbt also writes `SORTKEY (auto)`.
    pub(super) fn sort_key(&mut self) -> Parsed<SortKey> {
        let interleaved = self.eat("interleaved");
        let compound = !interleaved && self.eat("compound");
        self.expect("sortkey")?;
        if !interleaved && !compound {
            if self.eat("auto") {
                return Ok(SortKey::Auto);
            }
            if self.eat("none") {
                return Ok(SortKey::None);
            }
        }
        let columns = self.parenthesized(|g| g.list(Self::key_column))?;
        match columns.as_slice() {
            [only] if only.value == "auto" && only.quote_style.is_none() => Ok(SortKey::Auto),
            _ if interleaved => Ok(SortKey::Interleaved(columns)),
            _ => Ok(SortKey::Compound(columns)),
        }
    }
}

fn collation_named(name: &str) -> Option<Collation> {
    match name {
        "case_sensitive" | "cs" => Some(Collation::CaseSensitive),
        "case_insensitive" | "ci" => Some(Collation::CaseInsensitive),
        _ => None,
    }
}
