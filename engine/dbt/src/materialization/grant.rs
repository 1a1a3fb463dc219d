//! `grants`: who may do what with the relation.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use super::Execution;
use crate::{
    Cell, Error, Result,
    relation::{Relation, quote},
};

type Grants = BTreeMap<String, BTreeSet<String>>;

impl Execution<'_> {
    /// Grants what the config says. `revoke`: the relation kept its old grants, so those that the
    /// config does not have are taken away.
    pub fn apply_grants(&self, relation: &Relation, revoke: bool) -> Result<()> {
        let wanted = self.wanted_grants()?;
        if wanted.is_empty() {
            return Ok(());
        }
        let current = if revoke { self.current_grants(relation)? } else { Grants::new() };
        for (privilege, grantees) in minus(&current, &wanted) {
            self.execute(&format!("revoke {privilege} on {relation} from {grantees}"))?;
        }
        for (privilege, grantees) in minus(&wanted, &current) {
            self.execute(&format!("grant {privilege} on {relation} to {grantees}"))?;
        }
        Ok(())
    }

    fn wanted_grants(&self) -> Result<Grants> {
        let mut wanted = Grants::new();
        let Some(Json::Object(grants)) = self.config_json("grants") else { return Ok(wanted) };
        for (privilege, grantees) in grants {
            let grantees = crate::yaml::string_list(Some(grantees))
                .ok_or_else(|| Error::parsing("grantees must be texts").at(&self.node.path, None))?;
            wanted.insert(privilege.to_lowercase(), grantees.into_iter().collect());
        }
        Ok(wanted)
    }

    fn current_grants(&self, relation: &Relation) -> Result<Grants> {
        let privileges = ["select", "insert", "update", "delete", "references"];
        let list: Vec<String> = privileges.iter().map(|name| format!("select '{name}' as privilege_type")).collect();
        let outcome = self.execute(&format!(
            "with privileges as (\n{}\n)\nselect\n    u.usename as grantee,\n    p.privilege_type\nfrom pg_user u\n\
             cross join privileges p\nwhere has_table_privilege(u.usename, '{relation}', privilege_type)\n    \
             and u.usename != current_user\n    and not u.usesuper",
            list.join("\nunion all\n")
        ))?;
        let mut current = Grants::new();
        for row in &outcome.rows {
            if let [Cell::Text(grantee), Cell::Text(privilege), ..] = row.as_slice() {
                current.entry(privilege.to_lowercase()).or_default().insert(grantee.clone());
            }
        }
        Ok(current)
    }
}

/// What `left` has and `right` has not: privilege and quoted grantees.
fn minus(left: &Grants, right: &Grants) -> Vec<(String, String)> {
    let mut rest = Vec::new();
    for (privilege, grantees) in left {
        let known = right.get(privilege);
        let missing: Vec<String> = grantees
            .iter()
            .filter(|name| !known.is_some_and(|known| known.contains(*name)))
            .map(|name| quote(name))
            .collect();
        if !missing.is_empty() {
            rest.push((privilege.clone(), missing.join(", ")));
        }
    }
    rest
}
