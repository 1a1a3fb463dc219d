//! Texts of statements in pieces of 200 bytes: STL_QUERYTEXT, STL_DDLTEXT, STL_UTILITYTEXT,
//! SVL_STATEMENTTEXT; in pieces of 4,000: SYS_QUERY_TEXT.

use std::sync::Arc;

use super::{
    super::{context::SystemContext, declared::Filled, value::Value},
    query::{QueryKind, finished, kind},
    session::user_id,
};
use crate::{error::Result, session::FinishedQuery};

/// Bytes of a piece.
const PIECE: usize = 200;
/// Bytes of a piece of SYS_QUERY_TEXT.
const LARGE_PIECE: usize = 4_000;

/// A piece of a statement's text.
pub struct Piece {
    query: Arc<FinishedQuery>,
    sequence: usize,
    start: usize,
    end: usize,
}

impl Piece {
    fn text(&self) -> Value<'_> {
        self.query.text[self.start..self.end].into()
    }
}

fn pieces(queries: impl Iterator<Item = Arc<FinishedQuery>>, size: usize) -> Vec<Piece> {
    let mut all = vec![];
    for query in queries {
        let (mut start, mut sequence) = (0, 0);
        while start < query.text.len() {
            let end = query.text.floor_char_boundary(start + size);
            all.push(Piece { query: Arc::clone(&query), sequence, start, end });
            (start, sequence) = (end, sequence + 1);
        }
    }
    all
}

fn of_kind(context: &SystemContext, wanted: QueryKind) -> Result<Vec<Piece>> {
    Ok(pieces(finished(context).into_iter().filter(|query| kind(query) == wanted), PIECE))
}

pub const STL_QUERYTEXT: Filled<Piece> = Filled {
    name: "stl_querytext",
    items: |context| of_kind(context, QueryKind::Query),
    values: &[
        ("userid", |context, p| user_id(context, &p.query.user)),
        ("xid", |_, p| p.query.transaction_id.into()),
        ("pid", |_, p| p.query.process_id.into()),
        ("query", |_, p| p.query.query_id.into()),
        ("sequence", |_, p| p.sequence.into()),
        ("text", |_, p| p.text()),
    ],
};

pub const STL_DDLTEXT: Filled<Piece> =
    Filled { name: "stl_ddltext", items: |context| of_kind(context, QueryKind::Ddl), values: STATEMENT_VALUES };

pub const STL_UTILITYTEXT: Filled<Piece> =
    Filled { name: "stl_utilitytext", items: |context| of_kind(context, QueryKind::Utility), values: STATEMENT_VALUES };

const STATEMENT_VALUES: &[(&str, super::super::view::ValueOf<Piece>)] = &[
    ("userid", |context, p| user_id(context, &p.query.user)),
    ("xid", |_, p| p.query.transaction_id.into()),
    ("pid", |_, p| p.query.process_id.into()),
    ("label", |_, p| (&p.query.label).into()),
    ("starttime", |_, p| p.query.started.into()),
    ("endtime", |_, p| p.query.ended.into()),
    ("sequence", |_, p| p.sequence.into()),
    ("text", |_, p| p.text()),
];

pub const SVL_STATEMENTTEXT: Filled<Piece> = Filled {
    name: "svl_statementtext",
    items: |context| Ok(pieces(finished(context).into_iter(), PIECE)),
    values: &[
        ("userid", |context, p| user_id(context, &p.query.user)),
        ("xid", |_, p| p.query.transaction_id.into()),
        ("pid", |_, p| p.query.process_id.into()),
        ("label", |_, p| (&p.query.label).into()),
        ("starttime", |_, p| p.query.started.into()),
        ("endtime", |_, p| p.query.ended.into()),
        ("sequence", |_, p| p.sequence.into()),
        ("type", |_, p| {
            (match kind(&p.query) {
                QueryKind::Query => "QUERY",
                QueryKind::Ddl => "DDL",
                QueryKind::Utility => "UTILITY",
            })
            .into()
        }),
        ("text", |_, p| p.text()),
    ],
};

pub const SYS_QUERY_TEXT: Filled<Piece> = Filled {
    name: "sys_query_text",
    items: |context| Ok(pieces(finished(context).into_iter(), LARGE_PIECE)),
    values: &[
        ("user_id", |context, p| user_id(context, &p.query.user)),
        ("query_id", |_, p| p.query.query_id.into()),
        ("transaction_id", |_, p| p.query.transaction_id.into()),
        ("session_id", |_, p| p.query.process_id.into()),
        ("start_time", |_, p| p.query.started.into()),
        ("sequence", |_, p| p.sequence.into()),
        ("text", |_, p| p.text()),
    ],
};
