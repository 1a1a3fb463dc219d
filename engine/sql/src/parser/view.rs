//! Views.

use super::{Grammar, Parsed};
use crate::ast::{
    AlterExternalView, AlterMaterializedView, AlterMaterializedViewAction, CreateMaterializedView, CreateView,
    RefreshMaterializedView, Statement,
};

impl Grammar<'_> {
    /// After `CREATE [OR REPLACE] [EXTERNAL [PROTECTED]] VIEW`.
    pub(super) fn create_view(&mut self, or_replace: bool, external: bool, protected: bool) -> Parsed<Statement> {
        let if_not_exists = external && self.if_not_exists();
        let name = self.object_name()?;
        let columns = self.optional_paren_idents()?;
        self.expect("as")?;
        let query = self.query()?;
        let no_schema_binding = self.eat_all(&["with", "no", "schema", "binding"]);
        Ok(Statement::CreateView(CreateView {
            or_replace,
            external,
            protected,
            if_not_exists,
            name,
            columns,
            query,
            no_schema_binding,
        }))
    }

    /// After `ALTER EXTERNAL VIEW`.
    pub(super) fn alter_external_view(&mut self) -> Parsed<Statement> {
        let name = self.object_name()?;
        let force = self.eat("force");
        let query = if self.eat_all(&["remove", "definition"]) {
            None
        } else {
            self.expect("as")?;
            Some(self.query()?)
        };
        Ok(Statement::AlterExternalView(AlterExternalView { name, force, query }))
    }

    /// After `CREATE [OR REPLACE] MATERIALIZED VIEW`.
    pub(super) fn create_materialized_view(&mut self, or_replace: bool) -> Parsed<Statement> {
        let if_not_exists = self.if_not_exists();
        let name = self.object_name()?;
        let columns = self.optional_paren_idents()?;
        let mut attributes = self.table_attributes()?;
        let mut auto_refresh = None;
        if self.eat_all(&["auto", "refresh"]) {
            auto_refresh = Some(self.switch()?);
            let later = self.table_attributes()?;
            attributes = merge(attributes, later);
        }
        self.expect("as")?;
        let query = self.query()?;
        Ok(Statement::CreateMaterializedView(CreateMaterializedView {
            or_replace,
            if_not_exists,
            name,
            columns,
            attributes,
            auto_refresh,
            query,
        }))
    }

    /// After `ALTER MATERIALIZED VIEW`.
    pub(super) fn alter_materialized_view(&mut self) -> Parsed<Statement> {
        let name = self.object_name()?;
        let action = if self.eat_all(&["auto", "refresh"]) {
            AlterMaterializedViewAction::AutoRefresh(self.switch()?)
        } else {
            AlterMaterializedViewAction::Table(self.alter_table_actions()?)
        };
        Ok(Statement::AlterMaterializedView(AlterMaterializedView { name, action }))
    }

    pub(super) fn refresh(&mut self) -> Parsed<Statement> {
        self.expect_all(&["refresh", "materialized", "view"])?;
        let name = self.object_name()?;
        let behavior = self.drop_behavior();
        Ok(Statement::RefreshMaterializedView(RefreshMaterializedView { name, behavior }))
    }
}

/// Attributes written before and after `AUTO REFRESH`.
fn merge(first: crate::ast::TableAttributes, later: crate::ast::TableAttributes) -> crate::ast::TableAttributes {
    crate::ast::TableAttributes {
        backup: later.backup.or(first.backup),
        dist_style: later.dist_style.or(first.dist_style),
        dist_key: later.dist_key.or(first.dist_key),
        sort_key: later.sort_key.or(first.sort_key),
        encode_auto: later.encode_auto || first.encode_auto,
    }
}
