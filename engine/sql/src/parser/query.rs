//! Queries and `EXPLAIN`.

use std::ops::ControlFlow;

use sqlparser::ast::{
    AccessExpr, Expr, Ident, ObjectName, ObjectNamePart, Query, Select, SelectItem, SetExpr, TableFactor, Visit,
    VisitMut, Visitor, VisitorMut, With,
};
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
        let mut with = self.sqlparser(|parser| {
            let with_token = parser.expect_keyword(Keyword::WITH)?.into();
            let recursive = parser.parse_keyword(Keyword::RECURSIVE);
            Ok(With { with_token, recursive, cte_tables: parser.parse_comma_separated(Parser::parse_cte)? })
        })?;
        check(self, &with)?;
        normalize(&mut with);
        Ok(with)
    }

    pub(super) fn explain(&mut self) -> Parsed<Statement> {
        self.expect("explain")?;
        let verbose = self.eat("verbose");
        Ok(Statement::Explain(Explain { verbose, statement: Box::new(self.statement()?) }))
    }
}

/// Refuses what `sqlparser` reads but Redshift does not have, so that nobody downstream can overlook it.
pub(super) fn check(grammar: &Grammar<'_>, node: &impl Visit) -> Parsed<()> {
    match node.visit(&mut Foreign) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(what) if what == RESERVED_NAME => Err(grammar.unexpected_last()),
        ControlFlow::Break(what) => Err(grammar.error(format!("syntax error: {what} is not supported in a query"))),
    }
}

/// Makes different spellings of the same thing one tree.
pub(super) fn normalize(node: &mut impl VisitMut) {
    let _ = node.visit(&mut Normalize);
}

struct Normalize;

impl VisitorMut for Normalize {
    type Break = ();

    /// `EXCLUDE` removes columns from the whole select list. A lone `*` carries it itself; beside other items
    /// `sqlparser` would give it to the last `*` only, so it moves to [`Select::exclude`].
    fn pre_visit_select(&mut self, select: &mut Select) -> ControlFlow<()> {
        let alone = select.projection.len() == 1;
        let last = match select.projection.last_mut() {
            Some(SelectItem::Wildcard(options) | SelectItem::QualifiedWildcard(_, options)) => Some(options),
            _ => None,
        };
        match last {
            Some(options) if alone && options.opt_exclude.is_none() => options.opt_exclude = select.exclude.take(),
            Some(options) if !alone && select.exclude.is_none() => select.exclude = options.opt_exclude.take(),
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

const TEXT_NAME: &str = "a string literal as a name";

fn is_text(name: &Ident) -> bool {
    name.quote_style == Some('\'')
}

fn has_text_alias(item: &SelectItem) -> bool {
    matches!(item, SelectItem::ExprWithAlias { alias, .. } if is_text(alias))
}

fn excludes_early(projection: &[SelectItem]) -> bool {
    let (_, before) = projection.split_last().unzip();
    before.unwrap_or_default().iter().any(|item| match item {
        SelectItem::Wildcard(options) | SelectItem::QualifiedWildcard(_, options) => options.opt_exclude.is_some(),
        _ => false,
    })
}

/// Stands for the usual message about a token.
const RESERVED_NAME: &str = "a reserved word as a name";

/// Whether a relation's name starts with an unquoted reserved word (`FROM where`); iterating over an array may be
/// called `array`.
fn is_reserved_name(name: &ObjectName) -> bool {
    let first = name.0.first().and_then(ObjectNamePart::as_ident);
    first.is_some_and(|ident| ident.quote_style.is_none() && ident.value != "array" && super::is_reserved(&ident.value))
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
            Select { projection, .. } if excludes_early(projection) => "EXCLUDE before the end of the select list",
            Select { projection, .. } if projection.iter().any(has_text_alias) => TEXT_NAME,
            _ => return ControlFlow::Continue(()),
        };
        ControlFlow::Break(foreign)
    }

    fn pre_visit_relation(&mut self, name: &ObjectName) -> ControlFlow<Self::Break> {
        match name.0.iter().filter_map(ObjectNamePart::as_ident).any(is_text) {
            true => ControlFlow::Break(TEXT_NAME),
            false => ControlFlow::Continue(()),
        }
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
            TableFactor::Table { alias: Some(alias), .. } | TableFactor::Derived { alias: Some(alias), .. }
                if is_text(&alias.name) =>
            {
                TEXT_NAME
            }
            TableFactor::Table { name, args: None, .. } if is_reserved_name(name) => RESERVED_NAME,
            _ => return ControlFlow::Continue(()),
        };
        ControlFlow::Break(foreign)
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Self::Break> {
        match expr {
            Expr::CompoundFieldAccess { root, access_chain }
                if matches!(root.as_ref(), Expr::Value(_))
                    || access_chain.iter().any(|access| matches!(access, AccessExpr::Dot(Expr::Value(_)))) =>
            {
                ControlFlow::Break("a literal with a point")
            }
            Expr::CompoundIdentifier(parts) if parts.iter().any(is_text) => ControlFlow::Break(TEXT_NAME),
            Expr::MatchAgainst { .. } => ControlFlow::Break("MATCH AGAINST"),
            Expr::Lambda(_) => ControlFlow::Break("a lambda"),
            _ => ControlFlow::Continue(()),
        }
    }
}
