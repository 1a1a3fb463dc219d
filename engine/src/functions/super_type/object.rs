//! OBJECT and OBJECT_TRANSFORM (pages r_object_function, r_object_transform_function).

use super::{SUPER, array::require_convertible, require_castable};
use crate::{
    error::{Error, Result, SqlState},
    functions::{
        arguments::Kind,
        definition::{Documentation, ScalarFunction},
    },
    types::super_value::{
        Elements, Super,
        builder::{self, Compound},
        parse::Attributes,
    },
};

/// OBJECT
pub static OBJECT: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "object",
        aliases: &[],
        category: "super",
        description: "An object of names and values.",
        arguments: &[("key, value", "any number of pairs: a string, and a value that is no date or time")],
        example: "select object('a', 1, 'b', true, 'c', 3.14); -- {\"a\":1,\"b\":true,\"c\":3.14}",
    },
    arity: (0, usize::MAX),
    returns: |types| {
        if types.count() % 2 == 1 {
            return Err(Error::syntax("OBJECT takes pairs of keys and values"));
        }
        for index in (0..types.count()).step_by(2) {
            types.require(index, |kind| matches!(kind, Kind::Text | Kind::Super))?;
            require_convertible(types, index + 1, "OBJECT")?;
        }
        Ok(SUPER)
    },
    invoke: |call| {
        let values = (0..call.count()).map(|index| call.semi_structured(index)).collect::<Result<Vec<_>>>()?;
        call.write_super(|row, out| {
            let mut object = Attributes::default();
            for pair in values.chunks(2) {
                let Some(Super::String(name)) = pair[0].get(row).map(Super::of) else {
                    let message = "the keys of OBJECT must be strings";
                    return Err(Error::new(SqlState::INVALID_PARAMETER_VALUE, message));
                };
                let value = pair[1].get(row).map_or_else(
                    || {
                        let mut null = Vec::new();
                        builder::null(&mut null);
                        null
                    },
                    <[u8]>::to_vec,
                );
                object.push(name.to_owned(), value);
            }
            object.finish(false, out)?;
            Ok(true)
        })
    },
};

/// OBJECT_TRANSFORM. The parser gives `KEEP` and `SET` as the number of paths to keep, then the paths, then pairs.
pub static OBJECT_TRANSFORM: ScalarFunction = ScalarFunction {
    documentation: Documentation {
        name: "object_transform",
        aliases: &[],
        category: "super",
        description: "An object with some of its paths kept, and some set. What is no object stays as it is.",
        arguments: &[
            ("input", "a SUPER value"),
            ("KEEP path, …", "paths to keep: names in double quotes, with points between"),
            ("SET path, value, …", "paths to set, and their values"),
        ],
        example: "select object_transform(json_parse('{\"a\":1,\"b\":2}') keep '\"a\"' set '\"c\"', 3); -- {\"a\":1,\"c\":3}",
    },
    arity: (2, usize::MAX),
    returns: |types| {
        require_castable(types, 0)?;
        types.require(1, |kind| kind == Kind::Integer)?;
        let kept = usize::try_from(types.constant_int(1).unwrap_or(0)).unwrap_or(0);
        for index in 2..types.count() {
            let is_path = index < 2 + kept || (index - 2 - kept) % 2 == 0;
            if is_path {
                let path = types.constant_text(index).unwrap_or("");
                parse_path(path)?;
            } else {
                require_convertible(types, index, "OBJECT_TRANSFORM")?;
            }
        }
        Ok(SUPER)
    },
    invoke: |call| {
        let inputs = call.semi_structured(0)?;
        let kept = call.int(1)?.get(0).and_then(|count| usize::try_from(count).ok()).unwrap_or(0);
        let path =
            |index: usize| -> Result<Vec<String>> { parse_path(&call.constant_text(index)?.unwrap_or_default()) };
        let keep = (2..2 + kept).map(path).collect::<Result<Vec<_>>>()?;
        let mut set = Vec::new();
        for index in (2 + kept..call.count()).step_by(2) {
            if index + 1 >= call.count() {
                return Err(Error::syntax("SET of OBJECT_TRANSFORM takes pairs of paths and values"));
            }
            set.push((path(index)?, call.semi_structured(index + 1)?));
        }
        call.write_super(|row, out| {
            let Some(input) = inputs.get(row) else { return Ok(false) };
            let Super::Object(attributes) = Super::of(input) else {
                out.extend_from_slice(input);
                return Ok(true);
            };
            let mut tree = if keep.is_empty() && set.is_empty() {
                Node::of(input)
            } else {
                kept_part(attributes, &keep.iter().map(Vec::as_slice).collect::<Vec<_>>())
            };
            for (path, values) in &set {
                let value = values.get(row).map(Node::of);
                tree.set(path, value.unwrap_or_else(|| Node::Leaf(vec![0])));
            }
            tree.write(out)?;
            Ok(true)
        })
    },
};

/// A value that is being changed.
enum Node {
    Leaf(Vec<u8>),
    Object(Vec<(String, Node)>),
}

impl Node {
    fn of(value: &[u8]) -> Node {
        match Super::of(value) {
            Super::Object(attributes) => {
                Node::Object(attributes.attributes().map(|(name, value)| (name.to_owned(), Node::of(value))).collect())
            }
            _ => Node::Leaf(value.to_vec()),
        }
    }

    /// Sets what is at `path`; objects on the way are made, in place of what is none.
    fn set(&mut self, path: &[String], value: Node) {
        let Some((first, rest)) = path.split_first() else {
            *self = value;
            return;
        };
        if !matches!(self, Node::Object(_)) {
            *self = Node::Object(vec![]);
        }
        let Node::Object(attributes) = self else { return };
        let place = attributes.iter().position(|(name, _)| name == first).unwrap_or_else(|| {
            attributes.push((first.clone(), Node::Object(vec![])));
            attributes.len() - 1
        });
        attributes[place].1.set(rest, value);
    }

    fn write(&self, out: &mut Vec<u8>) -> Result<()> {
        match self {
            Node::Leaf(value) => out.extend_from_slice(value),
            Node::Object(attributes) => {
                let mut object = Compound::default();
                for (name, node) in attributes {
                    object.name(name);
                    node.write(&mut object.values)?;
                    object.end_element();
                }
                object.finish_object(out)?;
            }
        }
        Ok(())
    }
}

/// What the paths name of an object, in the object's order.
fn kept_part(attributes: Elements<'_>, paths: &[&[String]]) -> Node {
    let mut kept = Vec::new();
    for (name, value) in attributes.attributes() {
        let rests: Vec<&[String]> = paths
            .iter()
            .filter(|path| path.first().is_some_and(|first| first == name))
            .map(|path| &path[1..])
            .collect();
        if rests.is_empty() {
            continue;
        }
        if rests.iter().any(|rest| rest.is_empty()) {
            kept.push((name.to_owned(), Node::of(value)));
        } else if let Super::Object(inner) = Super::of(value) {
            let Node::Object(inner) = kept_part(inner, &rests) else { continue };
            if !inner.is_empty() {
                kept.push((name.to_owned(), Node::Object(inner)));
            }
        }
    }
    Node::Object(kept)
}

/// `"a"."b"` as names.
fn parse_path(path: &str) -> Result<Vec<String>> {
    let invalid = || {
        Error::new(SqlState::INVALID_PARAMETER_VALUE, format!("invalid path '{path}' of OBJECT_TRANSFORM"))
            .with_hint("A path is names in double quotes, with points between: '\"a\".\"b\"'.")
    };
    let mut names = Vec::new();
    let mut rest = path.trim();
    loop {
        let inner = rest.strip_prefix('"').ok_or_else(invalid)?;
        let end = inner.find('"').ok_or_else(invalid)?;
        names.push(inner[..end].to_owned());
        rest = &inner[end + 1..];
        if rest.is_empty() {
            return Ok(names);
        }
        rest = rest.strip_prefix('.').ok_or_else(invalid)?;
    }
}
