//! `COMMENT ON`.

use super::{Grammar, Parsed};
use crate::ast::{Comment, CommentObject, ObjectName, Statement};

impl Grammar<'_> {
    pub(super) fn comment(&mut self) -> Parsed<Statement> {
        self.expect_all(&["comment", "on"])?;
        let object = self.comment_object()?;
        self.expect("is")?;
        let text = if self.eat("null") { None } else { Some(self.string()?) };
        Ok(Statement::Comment(Comment { object, text }))
    }

    fn comment_object(&mut self) -> Parsed<CommentObject> {
        if self.eat_all(&["materialized", "view"]) {
            return Ok(CommentObject::View(self.object_name()?));
        }
        let words = &["table", "view", "column", "constraint", "database", "schema", "function", "procedure"];
        let Some(word) = self.eat_one_of(words) else { return Err(self.unexpected()) };
        match word {
            "table" => Ok(CommentObject::Table(self.object_name()?)),
            "view" => Ok(CommentObject::View(self.object_name()?)),
            "column" => {
                let mut parts = self.object_name()?.0;
                match (parts.pop(), parts.is_empty()) {
                    (Some(column), false) => Ok(CommentObject::Column { relation: ObjectName(parts), column }),
                    _ => Err(self.unexpected()),
                }
            }
            "constraint" => {
                let name = self.ident()?;
                self.expect("on")?;
                Ok(CommentObject::Constraint { name, table: self.object_name()? })
            }
            "database" => Ok(CommentObject::Database(self.ident()?)),
            "schema" => Ok(CommentObject::Schema(self.object_name()?)),
            _ => {
                let name = self.object_name()?;
                Ok(CommentObject::Routine { procedure: word == "procedure", name, arguments: self.type_list()? })
            }
        }
    }
}
