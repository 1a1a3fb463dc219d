//! dbt's node selection: `tag:nightly,path:models/gold +dim_track 2+x+1 @y`.
//!
//! Several specifications are united, the parts of one separated by commas are intersected, `+` adds
//! ancestors and descendants, `@` descendants with all their ancestors. Tests come along with what
//! they test (dbt's "eager" indirect selection).

use std::collections::BTreeSet;

use super::{
    Graph,
    pattern::{is_pattern, matches},
};
use crate::{
    Error, Project, Result,
    project::{Node, NodeKind},
};

/// One method and value with its graph operators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Specification {
    /// The method, e.g. `tag`, `config.materialized`; empty when not written.
    pub method: String,
    /// The value.
    pub value: String,
    /// `+x`: ancestors, with a limit if any.
    pub parents: Option<Option<usize>>,
    /// `x+`: descendants, with a limit if any.
    pub children: Option<Option<usize>>,
    /// `@x`.
    pub childrens_parents: bool,
}

impl Specification {
    /// Parses one specification.
    pub fn parse(text: &str) -> Result<Specification> {
        let invalid = || Error::selection(format!("Invalid selector spec \"{text}\""));
        let (childrens_parents, rest) = match text.strip_prefix('@') {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let (parents, rest) = match rest.find('+').filter(|plus| rest[..*plus].chars().all(|c| c.is_ascii_digit())) {
            Some(plus) => (Some(depth(&rest[..plus]).ok_or_else(invalid)?), &rest[plus + 1..]),
            None => (None, rest),
        };
        let (children, rest) = match rest.rfind('+').filter(|plus| rest[plus + 1..].chars().all(|c| c.is_ascii_digit()))
        {
            Some(plus) => (Some(depth(&rest[plus + 1..]).ok_or_else(invalid)?), &rest[..plus]),
            None => (None, rest),
        };
        let is_word =
            |text: &str| !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '.');
        let (method, value) = match rest.split_once(':') {
            Some((method, value)) if is_word(method) => (method, value),
            _ => ("", rest),
        };
        if value.is_empty() || (childrens_parents && children.is_some()) {
            return Err(invalid());
        }
        Ok(Specification { method: method.to_owned(), value: value.to_owned(), parents, children, childrens_parents })
    }
}

fn depth(digits: &str) -> Option<Option<usize>> {
    if digits.is_empty() { Some(None) } else { digits.parse().ok().map(Some) }
}

/// The ids that a selection means: nodes and sources, tests included. `unmatched` gets the
/// specifications that matched nothing.
pub fn select(
    project: &Project,
    graph: &Graph,
    include: &[String],
    exclude: &[String],
    unmatched: &mut Vec<String>,
) -> Result<BTreeSet<String>> {
    let mut selected = if include.iter().all(|text| text.trim().is_empty()) {
        graph.ids().cloned().collect()
    } else {
        union(project, graph, include, unmatched)?
    };
    for id in union(project, graph, exclude, unmatched)? {
        selected.remove(&id);
    }
    Ok(selected)
}

fn union(project: &Project, graph: &Graph, texts: &[String], unmatched: &mut Vec<String>) -> Result<BTreeSet<String>> {
    let mut all = BTreeSet::new();
    for text in texts.iter().flat_map(|text| text.split_whitespace()) {
        let mut intersection: Option<BTreeSet<String>> = None;
        for part in text.split(',') {
            let found = with_tests(project, graph, specified(project, graph, &Specification::parse(part)?)?);
            intersection = Some(match intersection {
                Some(known) => known.intersection(&found).cloned().collect(),
                None => found,
            });
        }
        let found = intersection.unwrap_or_default();
        if found.is_empty() {
            unmatched.push(text.to_owned());
        }
        all.extend(found);
    }
    Ok(all)
}

/// The tests of what is selected, added.
fn with_tests(project: &Project, graph: &Graph, mut ids: BTreeSet<String>) -> BTreeSet<String> {
    let is_test = |id: &String| project.nodes.get(id).is_some_and(|node| node.kind == NodeKind::Test);
    let tests: Vec<String> = ids.iter().flat_map(|id| graph.children(id)).filter(|id| is_test(id)).cloned().collect();
    ids.extend(tests);
    ids
}

fn specified(project: &Project, graph: &Graph, specification: &Specification) -> Result<BTreeSet<String>> {
    let found = by_method(project, specification)?;
    let mut all = found.clone();
    if specification.childrens_parents {
        all.extend(graph.descendants(&found, None));
        all.extend(graph.ancestors(&all.clone(), None));
    }
    if let Some(depth) = specification.parents {
        all.extend(graph.ancestors(&found, depth));
    }
    if let Some(depth) = specification.children {
        all.extend(graph.descendants(&found, depth));
    }
    Ok(all)
}

fn by_method(project: &Project, specification: &Specification) -> Result<BTreeSet<String>> {
    let value = specification.value.as_str();
    let (method, arguments) = specification.method.split_once('.').unwrap_or((specification.method.as_str(), ""));
    let method = match method {
        "" if value.contains(['/', '\\']) => "path",
        "" if [".sql", ".csv", ".py"].iter().any(|extension| value.to_lowercase().ends_with(extension)) => "file",
        "" => "fqn",
        method => method,
    };
    let nodes = |test: &dyn Fn(&Node) -> bool| -> BTreeSet<String> {
        project.nodes.iter().filter(|(_, node)| test(node)).map(|(id, _)| id.clone()).collect()
    };
    Ok(match method {
        "fqn" => nodes(&|node| fqn_matches(&node.fqn, value) || fqn_matches(&node.fqn[1..], value)),
        "tag" => {
            let tagged = |tags: &[String]| tags.iter().any(|tag| matches(tag, value));
            let mut found = nodes(&|node| tagged(&node.config.tags().unwrap_or_default()));
            found.extend(
                project.sources.values().filter(|table| tagged(&table.tags)).map(|table| table.unique_id.clone()),
            );
            found
        }
        "path" => by_path(project, value),
        "file" => nodes(&|node| {
            let name = node.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            matches(&name, value) || matches(&super::super::project::files::stem(&node.path), value)
        }),
        "source" => by_source(project, value)?,
        "resource_type" => {
            let mut found = nodes(&|node| node.kind.as_str() == value);
            match value {
                "source" => found.extend(project.sources.keys().cloned()),
                "model" | "seed" | "test" | "data_test" => {}
                other => return Err(Error::selection(format!("Invalid resource_type selector \"{other}\""))),
            }
            if value == "data_test" { nodes(&|node| node.kind == NodeKind::Test) } else { found }
        }
        "test_type" => match value {
            "generic" | "singular" => {
                nodes(&|node| node.kind == NodeKind::Test && node.generic.is_some() == (value == "generic"))
            }
            "data" => nodes(&|node| node.kind == NodeKind::Test),
            other => return Err(Error::selection(format!("Invalid test_type selector \"{other}\""))),
        },
        "test_name" => nodes(&|node| node.generic.as_ref().is_some_and(|generic| matches(&generic.name, value))),
        "package" => nodes(&|node| value == "this" || matches(&node.package, value)),
        "config" => nodes(&|node| config_matches(node, arguments, value)),
        other => return Err(Error::unsupported(format!("the selector method `{other}:`"))),
    })
}

/// dbt's matching of a dotted name: the node's name alone, or its folders from the top, wildcards to the end.
fn fqn_matches(fqn: &[String], selector: &str) -> bool {
    if fqn.last().is_some_and(|name| name == selector) {
        return true;
    }
    let flat: Vec<&str> = fqn.iter().flat_map(|part| part.split('.')).collect();
    let parts: Vec<&str> = selector.split('.').collect();
    if flat.len() < parts.len() {
        return false;
    }
    for (index, part) in parts.iter().enumerate() {
        if is_pattern(part) {
            return matches(&flat[index..].join("."), &parts[index..].join("."));
        }
        if flat[index] != *part {
            return false;
        }
    }
    true
}

/// A file, a folder, or a pattern of either.
fn by_path(project: &Project, value: &str) -> BTreeSet<String> {
    let wanted = value.trim_start_matches("./").trim_end_matches('/');
    let test = |path: &std::path::Path| {
        let text = path.to_string_lossy().replace('\\', "/");
        std::path::Path::new(&text).starts_with(wanted)
            || matches(&text, wanted)
            || path.ancestors().any(|folder| is_pattern(wanted) && matches(&folder.to_string_lossy(), wanted))
    };
    let nodes = project.nodes.values().filter(|node| test(&node.path)).map(|node| node.unique_id.clone());
    let sources = project.sources.values().filter(|table| test(&table.path)).map(|table| table.unique_id.clone());
    nodes.chain(sources).collect()
}

fn by_source(project: &Project, value: &str) -> Result<BTreeSet<String>> {
    let parts: Vec<&str> = value.split('.').collect();
    let (package, source, table) = match parts.as_slice() {
        [source] => ("*", *source, "*"),
        [source, table] => ("*", *source, *table),
        [package, source, table] => (*package, *source, *table),
        _ => return Err(Error::selection(format!("Invalid source selector value \"{value}\""))),
    };
    let hit = project.sources.values().filter(|known| {
        matches(&known.package, package) && matches(&known.source, source) && matches(&known.name, table)
    });
    Ok(hit.map(|known| known.unique_id.clone()).collect())
}

fn config_matches(node: &Node, path: &str, value: &str) -> bool {
    let default = serde_json::Value::String(node.materialized().to_owned());
    let mut at = match path.split('.').next() {
        Some("materialized") => Some(&default),
        Some(first) => node.config.get(first),
        None => None,
    };
    for key in path.split('.').skip(1) {
        at = at.and_then(|config| config.get(key));
    }
    let text = |json: &serde_json::Value| json.as_str().map_or_else(|| json.to_string(), str::to_owned);
    match at {
        None => false,
        Some(serde_json::Value::Array(items)) => items.iter().any(|item| matches(&text(item), value)),
        Some(serde_json::Value::Object(entries)) => entries.contains_key(value),
        Some(serde_json::Value::Bool(flag)) => value.eq_ignore_ascii_case(&flag.to_string()),
        Some(scalar) => matches(&text(scalar), value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parses_operators() {
        let parsed = Specification::parse("2+tag:nightly+3").unwrap();
        assert_eq!((parsed.method.as_str(), parsed.value.as_str()), ("tag", "nightly"));
        assert_eq!((parsed.parents, parsed.children), (Some(Some(2)), Some(Some(3))));
        let parsed = Specification::parse("+x").unwrap();
        assert_eq!((parsed.parents, parsed.children), (Some(None), None));
        assert!(Specification::parse("@config.materialized:table").unwrap().childrens_parents);
        assert!(Specification::parse("+").is_err());
        assert!(Specification::parse("tag:").is_err());
    }

    #[test]
    fn matches_dotted_names() {
        let fqn = ["shop", "gold", "dim_track"].map(str::to_owned);
        for hit in ["dim_track", "shop.gold", "shop.gold.dim_track", "shop.*", "shop.gold.dim_*"] {
            assert!(fqn_matches(&fqn, hit), "{hit}");
        }
        assert!(fqn_matches(&fqn[1..], "gold.dim_track"));
        for miss in ["dim", "gold", "shop.silver", "shop.gold.x.y"] {
            assert!(!fqn_matches(&fqn, miss), "{miss}");
        }
    }
}
