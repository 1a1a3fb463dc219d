//! Lists and dictionaries that can be changed, as Python's can.
//!
//! dbt macros are full of `{% do xs.append(…) %}`; minijinja's own lists never change. So
//! [`make_literals_mutable`] rewrites `{% set xs = […] %}` to `{% set xs = __list([…]) %}` (and `{…}` to `__dict`)
//! before a template is compiled.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use minijinja::{
    Error as JinjaError, State, Value,
    value::{Enumerator, Object, ObjectRepr, from_args},
};

use super::{convert::python_repr, signal::fail};

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A list that can grow.
#[derive(Debug, Default)]
pub struct MutableList(Mutex<Vec<Value>>);

impl MutableList {
    /// A list of these items.
    pub fn new(items: Vec<Value>) -> Self {
        MutableList(Mutex::new(items))
    }
}

impl Object for MutableList {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Seq
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let items = lock(&self.0);
        let index = key.as_i64()?;
        let index = if index < 0 { items.len().checked_sub(index.unsigned_abs() as usize)? } else { index as usize };
        items.get(index).cloned()
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(lock(&self.0).clone())
    }

    fn enumerator_len(self: &Arc<Self>) -> Option<usize> {
        Some(lock(&self.0).len())
    }

    fn call_method(self: &Arc<Self>, _state: &State, method: &str, args: &[Value]) -> Result<Value, JinjaError> {
        match method {
            "append" => {
                let (item,): (Value,) = from_args(args)?;
                lock(&self.0).push(item);
            }
            "extend" => {
                let (other,): (Value,) = from_args(args)?;
                let other: Vec<Value> = other.try_iter()?.collect();
                lock(&self.0).extend(other);
            }
            "insert" => {
                let (index, item): (usize, Value) = from_args(args)?;
                let mut items = lock(&self.0);
                let index = index.min(items.len());
                items.insert(index, item);
            }
            "pop" => {
                let (index,): (Option<i64>,) = from_args(args)?;
                let mut items = lock(&self.0);
                let index = match index.unwrap_or(-1) {
                    index if index < 0 => items.len().checked_sub(index.unsigned_abs() as usize),
                    index => Some(index as usize),
                };
                let index = index.filter(|index| *index < items.len()).ok_or_else(|| fail("pop index out of range"))?;
                return Ok(items.remove(index));
            }
            "remove" => {
                let (item,): (Value,) = from_args(args)?;
                let mut items = lock(&self.0);
                let index = items.iter().position(|other| *other == item).ok_or_else(|| fail("item not in list"))?;
                items.remove(index);
            }
            "clear" => lock(&self.0).clear(),
            "reverse" => lock(&self.0).reverse(),
            "sort" => lock(&self.0).sort(),
            "copy" => return Ok(Value::from_object(MutableList::new(lock(&self.0).clone()))),
            "count" => {
                let (item,): (Value,) = from_args(args)?;
                return Ok(Value::from(lock(&self.0).iter().filter(|other| **other == item).count()));
            }
            "index" => {
                let (item,): (Value,) = from_args(args)?;
                let index = lock(&self.0).iter().position(|other| *other == item);
                return index.map(Value::from).ok_or_else(|| fail("item not in list"));
            }
            other => return Err(fail(format!("a list has no method `{other}`"))),
        }
        Ok(Value::from(()))
    }
}

/// A dictionary that can change; keys keep their order of arrival.
#[derive(Debug, Default)]
pub struct MutableDict(Mutex<Vec<(Value, Value)>>);

impl MutableDict {
    /// A dictionary with the entries of a map value.
    pub fn from_map(map: &Value) -> Result<Self, JinjaError> {
        let dict = MutableDict::default();
        dict.update(map)?;
        Ok(dict)
    }

    fn set(&self, key: Value, value: Value) {
        let mut entries = lock(&self.0);
        match entries.iter_mut().find(|(known, _)| *known == key) {
            Some(entry) => entry.1 = value,
            None => entries.push((key, value)),
        }
    }

    fn update(&self, map: &Value) -> Result<(), JinjaError> {
        for key in map.try_iter()? {
            let value = map.get_item(&key)?;
            self.set(key, value);
        }
        Ok(())
    }
}

impl Object for MutableDict {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        lock(&self.0).iter().find(|(known, _)| known == key).map(|(_, value)| value.clone())
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        Enumerator::Values(lock(&self.0).iter().map(|(key, _)| key.clone()).collect())
    }

    fn call_method(self: &Arc<Self>, _state: &State, method: &str, args: &[Value]) -> Result<Value, JinjaError> {
        match method {
            "get" => {
                let (key, default): (Value, Option<Value>) = from_args(args)?;
                Ok(self.get_value(&key).or(default).unwrap_or_else(|| Value::from(())))
            }
            "update" => {
                let (other,): (Value,) = from_args(args)?;
                self.update(&other)?;
                Ok(Value::from(()))
            }
            "setdefault" => {
                let (key, default): (Value, Option<Value>) = from_args(args)?;
                if self.get_value(&key).is_none() {
                    self.set(key.clone(), default.unwrap_or_else(|| Value::from(())));
                }
                Ok(self.get_value(&key).unwrap_or_default())
            }
            "pop" => {
                let (key, default): (Value, Option<Value>) = from_args(args)?;
                let mut entries = lock(&self.0);
                match entries.iter().position(|(known, _)| *known == key) {
                    Some(index) => Ok(entries.remove(index).1),
                    None => default.ok_or_else(|| fail(format!("no key {}", python_repr(&key)))),
                }
            }
            "keys" => Ok(Value::from(lock(&self.0).iter().map(|(key, _)| key.clone()).collect::<Vec<_>>())),
            "values" => Ok(Value::from(lock(&self.0).iter().map(|(_, value)| value.clone()).collect::<Vec<_>>())),
            "items" => Ok(Value::from(
                lock(&self.0)
                    .iter()
                    .map(|(key, value)| Value::from(vec![key.clone(), value.clone()]))
                    .collect::<Vec<_>>(),
            )),
            "copy" => {
                let entries = lock(&self.0).clone();
                Ok(Value::from_object(MutableDict(Mutex::new(entries))))
            }
            other => Err(fail(format!("a dictionary has no method `{other}`"))),
        }
    }
}

/// The template with list and dictionary literals of `{% set %}` made changeable.
pub fn make_literals_mutable(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some(start) = rest.find("{%") {
        let (before, tag) = rest.split_at(start);
        out.push_str(before);
        let Some(end) = tag_end(tag) else {
            rest = tag;
            break;
        };
        out.push_str(&rewrite_set(&tag[..end]));
        rest = &tag[end..];
    }
    out.push_str(rest);
    out
}

/// The offset after the `%}` that ends the tag, which does not count inside a string.
fn tag_end(tag: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (offset, c) in tag.char_indices().skip(2) {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(q) if c == q => quote = None,
            Some(_) => {}
            None if tag[offset..].starts_with("%}") => return Some(offset + 2),
            None if c == '\'' || c == '"' => quote = Some(c),
            None => {}
        }
    }
    None
}

/// `{% set x = [ … ] %}` with the literal wrapped; any other tag as it is.
fn rewrite_set(tag: &str) -> String {
    let inner = tag[2..tag.len() - 2].trim_matches(['-', '+']).trim();
    let is_set = inner.strip_prefix("set").is_some_and(|rest| rest.starts_with(char::is_whitespace));
    let Some(equals) = inner.find('=').filter(|_| is_set) else { return tag.to_owned() };
    let literal = inner[equals + 1..].trim();
    let wrapper = match (literal.chars().next(), literal.chars().last()) {
        (Some('['), Some(']')) => "__list",
        (Some('{'), Some('}')) => "__dict",
        _ => return tag.to_owned(),
    };
    if !is_one_literal(literal) {
        return tag.to_owned();
    }
    // The literal is a slice of the tag, so everything around it stays where it is.
    match tag.rfind(literal) {
        Some(at) => format!("{}{wrapper}({literal}){}", &tag[..at], &tag[at + literal.len()..]),
        None => tag.to_owned(),
    }
}

/// Whether the opening bracket is closed by the very last one.
fn is_one_literal(text: &str) -> bool {
    let mut depth = 0usize;
    let mut quote = None;
    let mut escaped = false;
    for (offset, c) in text.char_indices() {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(q) if c == q => quote = None,
            Some(_) => {}
            None => match c {
                '\'' | '"' => quote = Some(c),
                '[' | '{' | '(' => depth += 1,
                ']' | '}' | ')' => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 && offset + 1 < text.len() {
                        return false;
                    }
                }
                _ => {}
            },
        }
    }
    depth == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rewrites_literals_only() {
        assert_eq!(make_literals_mutable("{%- set xs = [] -%}"), "{%- set xs = __list([]) -%}");
        assert_eq!(make_literals_mutable("{% set d = {'a': '%}'} %}x"), "{% set d = __dict({'a': '%}'}) %}x");
        for same in ["{% set x = [1] + [2] %}", "{% set x %}[]{% endset %}", "{% if x == [] %}", "{{ [1] }}"] {
            assert_eq!(make_literals_mutable(same), same);
        }
    }
}
