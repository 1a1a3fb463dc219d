//! `ALTER TABLE`.

use sqlparser::tokenizer::Token;

use super::{Grammar, Parsed};
use crate::ast::{AlterTable, AlterTableAction, PartitionLocation, PartitionValue, Statement};

impl Grammar<'_> {
    /// After `ALTER TABLE`.
    pub(super) fn alter_table(&mut self) -> Parsed<Statement> {
        let name = self.object_name()?;
        Ok(Statement::AlterTable(AlterTable { name, actions: self.alter_table_actions()? }))
    }

    pub(super) fn alter_table_actions(&mut self) -> Parsed<Vec<AlterTableAction>> {
        self.list(Self::alter_table_action)
    }

    fn alter_table_action(&mut self) -> Parsed<AlterTableAction> {
        let Some(word) = self.eat_one_of(ACTIONS) else { return Err(self.unexpected()) };
        match word {
            "add" => self.alter_add(),
            "drop" => self.alter_drop(),
            "alter" => self.alter_alter(),
            "rename" => self.alter_rename(),
            "owner" => {
                self.expect("to")?;
                Ok(AlterTableAction::OwnerTo(self.any_ident()?))
            }
            "append" => self.alter_append(),
            "row" => self.alter_row_level_security(),
            "masking" => {
                let on = self.switch()?;
                Ok(AlterTableAction::Masking { on, for_datashares: self.eat_all(&["for", "datashares"]) })
            }
            "partition" => {
                let partition = self.partition_values()?;
                self.expect_all(&["set", "location"])?;
                Ok(AlterTableAction::SetLocation { partition, location: self.string()? })
            }
            _ => self.alter_set(),
        }
    }

    fn alter_add(&mut self) -> Parsed<AlterTableAction> {
        if self.starts_constraint() {
            return Ok(AlterTableAction::AddConstraint(self.table_constraint()?));
        }
        let column_word = self.eat("column");
        let if_not_exists = self.if_not_exists();
        if !column_word && self.is("partition") {
            let mut partitions = Vec::new();
            while self.eat("partition") {
                let values = self.partition_values()?;
                self.expect("location")?;
                partitions.push(PartitionLocation { values, location: self.string()? });
            }
            return Ok(AlterTableAction::AddPartitions { if_not_exists, partitions });
        }
        Ok(AlterTableAction::AddColumn { if_not_exists, column: Box::new(self.column_definition()?) })
    }

    fn partition_values(&mut self) -> Parsed<Vec<PartitionValue>> {
        self.parenthesized(|g| {
            g.list(|g| {
                let column = g.any_ident()?;
                g.expect_token(&Token::Eq)?;
                Ok(PartitionValue { column, value: g.expr()? })
            })
        })
    }

    fn alter_drop(&mut self) -> Parsed<AlterTableAction> {
        if self.eat("constraint") {
            let name = self.any_ident()?;
            return Ok(AlterTableAction::DropConstraint { name, behavior: self.drop_behavior() });
        }
        let column_word = self.eat("column");
        let if_exists = self.if_exists();
        if !column_word && self.eat("partition") {
            return Ok(AlterTableAction::DropPartition { if_exists, values: self.partition_values()? });
        }
        let name = self.ident()?;
        Ok(AlterTableAction::DropColumn { if_exists, name, behavior: self.drop_behavior() })
    }

    fn alter_rename(&mut self) -> Parsed<AlterTableAction> {
        if self.eat("to") {
            return Ok(AlterTableAction::RenameTo(self.ident()?));
        }
        self.eat("column");
        let name = self.ident()?;
        self.expect("to")?;
        Ok(AlterTableAction::RenameColumn { name, new_name: self.ident()? })
    }

    /// `ALTER` within `ALTER TABLE`: a column, or the table's distribution, sort key or encoding.
    fn alter_alter(&mut self) -> Parsed<AlterTableAction> {
        if self.eat("distkey") {
            return Ok(AlterTableAction::AlterDistKey(self.any_ident()?));
        }
        if self.eat("diststyle") {
            let style = self.dist_style()?;
            let dist_key = if self.eat("distkey") { Some(self.any_ident()?) } else { None };
            return Ok(AlterTableAction::AlterDistStyle { style, dist_key });
        }
        if self.is("sortkey") || self.are(&["compound", "sortkey"]) || self.are(&["interleaved", "sortkey"]) {
            return Ok(AlterTableAction::AlterSortKey(self.sort_key()?));
        }
        if self.eat_all(&["encode", "auto"]) {
            return Ok(AlterTableAction::AlterEncodeAuto);
        }
        self.eat("column");
        let name = self.ident()?;
        if self.eat("encode") {
            return Ok(AlterTableAction::AlterColumnEncode { name, encoding: self.encoding()? });
        }
        self.expect("type")?;
        Ok(AlterTableAction::AlterColumnType { name, data_type: self.data_type()? })
    }

    fn alter_append(&mut self) -> Parsed<AlterTableAction> {
        self.expect("from")?;
        let source = self.object_name()?;
        let (mut ignore_extra, mut fill_target) = (false, false);
        while let Some(word) = self.eat_one_of(&["ignoreextra", "filltarget"]) {
            ignore_extra |= word == "ignoreextra";
            fill_target |= word == "filltarget";
        }
        Ok(AlterTableAction::AppendFrom { source, ignore_extra, fill_target })
    }

    fn alter_row_level_security(&mut self) -> Parsed<AlterTableAction> {
        self.expect_all(&["level", "security"])?;
        let on = self.switch()?;
        let conjunction_or = if self.eat_all(&["conjunction", "type"]) {
            match self.eat_one_of(&["and", "or"]) {
                Some(word) => Some(word == "or"),
                None => return Err(self.unexpected()),
            }
        } else {
            None
        };
        let for_datashares = self.eat_all(&["for", "datashares"]);
        Ok(AlterTableAction::RowLevelSecurity { on, conjunction_or, for_datashares })
    }

    fn alter_set(&mut self) -> Parsed<AlterTableAction> {
        if self.eat("location") {
            return Ok(AlterTableAction::SetLocation { partition: Vec::new(), location: self.string()? });
        }
        if self.eat_all(&["file", "format"]) {
            return Ok(AlterTableAction::SetFileFormat(self.storage_format()?));
        }
        self.expect_all(&["table", "properties"])?;
        Ok(AlterTableAction::SetTableProperties(self.properties()?))
    }
}

const ACTIONS: &[&str] = &["add", "drop", "alter", "rename", "owner", "append", "row", "masking", "partition", "set"];
