//! Queries and `EXPLAIN`.

use std::ops::ControlFlow;

use sqlparser::ast::{Query, Select, SetExpr, TableFactor, Visit, Visitor, With};
use sqlparser::keywords::Keyword;
use sqlparser::parser::Parser;

use super::{Grammar, Parsed};
use crate::ast::{Explain, Statement};

impl Grammar<'_> {
    /// A query, or `WITH` before a data change.
    pub(super) fn query_statement(&mut self) -> Parsed<Statement> {
        if !self.is("with") {
            return Ok(Statement::Query(self.query()?));
        }
        let with = self.with_clause()?;
        match self.word() {
            Some("insert") => self.insert(Some(with)),
            Some("update") => self.update(Some(with)),
            Some("delete") => self.delete(Some(with)),
            Some("with") => Err(self.unexpected()),
            _ => {
                let mut query = self.query()?;
                query.with = Some(with);
                Ok(Statement::Query(query))
            }
        }
    }

    fn with_clause(&mut self) -> Parsed<With> {
        let with = self.sqlparser(|parser| {
            let with_token = parser.expect_keyword(Keyword::WITH)?.into();
            let recursive = parser.parse_keyword(Keyword::RECURSIVE);
            Ok(With { with_token, recursive, cte_tables: parser.parse_comma_separated(Parser::parse_cte)? })
        })?;
        for cte in &with.cte_tables {
            check_query(self, &cte.query)?;
        }
        Ok(with)
    }

    pub(super) fn explain(&mut self) -> Parsed<Statement> {
        self.expect("explain")?;
        let verbose = self.eat("verbose");
        Ok(Statement::Explain(Explain { verbose, statement: Box::new(self.statement()?) }))
    }
}

/// Refuses what `sqlparser` reads but Redshift does not have, so that nobody downstream can overlook it.
pub(super) fn check_query(grammar: &Grammar<'_>, query: &Query) -> Parsed<()> {
    match query.visit(&mut Foreign) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(what) => Err(grammar.error(format!("syntax error: {what} is not supported in a query"))),
    }
}

/// Finds syntax of other databases.
struct Foreign;

impl Visitor for Foreign {
    type Break = &'static str;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Self::Break> {
        let foreign = match query {
            Query { fetch: Some(_), .. } => "FETCH FIRST",
            Query { locks, .. } if !locks.is_empty() => "FOR UPDATE",
            Query { for_clause: Some(_), .. } => "FOR",
            Query { body, .. } if matches!(body.as_ref(), SetExpr::Table(_)) => "TABLE",
            _ => return ControlFlow::Continue(()),
        };
        ControlFlow::Break(foreign)
    }

    fn pre_visit_statement(&mut self, _: &sqlparser::ast::Statement) -> ControlFlow<Self::Break> {
        ControlFlow::Break("a data change")
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<Self::Break> {
        let foreign = match select {
            Select { lateral_views, .. } if !lateral_views.is_empty() => "LATERAL VIEW",
            Select { cluster_by, .. } if !cluster_by.is_empty() => "CLUSTER BY",
            Select { distribute_by, .. } if !distribute_by.is_empty() => "DISTRIBUTE BY",
            Select { sort_by, .. } if !sort_by.is_empty() => "SORT BY",
            _ => return ControlFlow::Continue(()),
        };
        ControlFlow::Break(foreign)
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<Self::Break> {
        let foreign = match factor {
            TableFactor::Table { with_hints, .. } if !with_hints.is_empty() => "WITH (hint)",
            TableFactor::Table { version: Some(_), .. } => "FOR SYSTEM_TIME",
            TableFactor::Table { sample: Some(_), .. } | TableFactor::Derived { sample: Some(_), .. } => "TABLESAMPLE",
            TableFactor::JsonTable { .. } => "JSON_TABLE",
            TableFactor::OpenJsonTable { .. } => "OPENJSON",
            TableFactor::XmlTable { .. } => "XMLTABLE",
            TableFactor::MatchRecognize { .. } => "MATCH_RECOGNIZE",
            TableFactor::SemanticView { .. } => "SEMANTIC_VIEW",
            _ => return ControlFlow::Continue(()),
        };
        ControlFlow::Break(foreign)
    }
}
