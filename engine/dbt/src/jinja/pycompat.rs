//! Methods of Python's `str`, `list` and `dict`, as far as dbt projects call them.

use minijinja::{
    Error as JinjaError, Value,
    value::{ValueKind, from_args},
};

use super::{
    convert::{keywords, python_str},
    signal::fail,
};

type JinjaResult = Result<Value, JinjaError>;

/// A method of a text.
pub fn text_method(text: &str, method: &str, args: &[Value]) -> JinjaResult {
    let strip_set = || -> Result<Option<Vec<char>>, JinjaError> {
        Ok(from_args::<(Option<String>,)>(args)?.0.map(|set| set.chars().collect()))
    };
    Ok(match method {
        "upper" => Value::from(text.to_uppercase()),
        "lower" | "casefold" => Value::from(text.to_lowercase()),
        "title" => Value::from(title(text)),
        "capitalize" => {
            let mut chars = text.chars();
            let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
            Value::from(first + &chars.as_str().to_lowercase())
        }
        "strip" => Value::from(match strip_set()? {
            Some(set) => text.trim_matches(|c| set.contains(&c)),
            None => text.trim(),
        }),
        "lstrip" => Value::from(match strip_set()? {
            Some(set) => text.trim_start_matches(|c| set.contains(&c)),
            None => text.trim_start(),
        }),
        "rstrip" => Value::from(match strip_set()? {
            Some(set) => text.trim_end_matches(|c| set.contains(&c)),
            None => text.trim_end(),
        }),
        "removeprefix" => {
            let (prefix,): (String,) = from_args(args)?;
            Value::from(text.strip_prefix(&prefix).unwrap_or(text))
        }
        "removesuffix" => {
            let (suffix,): (String,) = from_args(args)?;
            Value::from(text.strip_suffix(&suffix).unwrap_or(text))
        }
        "split" => {
            let (separator, limit): (Option<String>, Option<usize>) = from_args(args)?;
            match (separator, limit) {
                (Some(separator), Some(limit)) => text.splitn(limit + 1, &separator).collect(),
                (Some(separator), None) => text.split(&separator).collect(),
                (None, _) => text.split_whitespace().collect(),
            }
        }
        "rsplit" => {
            let (separator, limit): (String, Option<usize>) = from_args(args)?;
            let mut parts: Vec<&str> = text.rsplitn(limit.map_or(usize::MAX, |limit| limit + 1), &separator).collect();
            parts.reverse();
            parts.into_iter().collect()
        }
        "splitlines" => text.lines().collect(),
        "replace" => {
            let (from, to, count): (String, String, Option<usize>) = from_args(args)?;
            Value::from(match count {
                Some(count) => text.replacen(&from, &to, count),
                None => text.replace(&from, &to),
            })
        }
        "startswith" => Value::from(any_of(args, |prefix| text.starts_with(prefix))?),
        "endswith" => Value::from(any_of(args, |suffix| text.ends_with(suffix))?),
        "join" => {
            let (items,): (Value,) = from_args(args)?;
            let items: Vec<String> = items.try_iter()?.map(|item| item.to_string()).collect();
            Value::from(items.join(text))
        }
        "find" => {
            let (part,): (String,) = from_args(args)?;
            Value::from(text.find(&part).map_or(-1, |at| text[..at].chars().count() as i64))
        }
        "rfind" => {
            let (part,): (String,) = from_args(args)?;
            Value::from(text.rfind(&part).map_or(-1, |at| text[..at].chars().count() as i64))
        }
        "count" => {
            let (part,): (String,) = from_args(args)?;
            Value::from(text.matches(&part).count())
        }
        "zfill" => {
            let (width,): (usize,) = from_args(args)?;
            let missing = width.saturating_sub(text.chars().count());
            let (sign, digits) = text.split_at(usize::from(text.starts_with(['-', '+'])));
            Value::from(format!("{sign}{}{digits}", "0".repeat(missing)))
        }
        "ljust" => {
            let (width,): (usize,) = from_args(args)?;
            Value::from(format!("{text:<width$}"))
        }
        "rjust" => {
            let (width,): (usize,) = from_args(args)?;
            Value::from(format!("{text:>width$}"))
        }
        "isdigit" | "isnumeric" => Value::from(!text.is_empty() && text.chars().all(char::is_numeric)),
        "isalpha" => Value::from(!text.is_empty() && text.chars().all(char::is_alphabetic)),
        "isalnum" => Value::from(!text.is_empty() && text.chars().all(char::is_alphanumeric)),
        "isupper" => Value::from(text.chars().any(char::is_uppercase) && !text.chars().any(char::is_lowercase)),
        "islower" => Value::from(text.chars().any(char::is_lowercase) && !text.chars().any(char::is_uppercase)),
        "format" => Value::from(format(text, args)?),
        other => return Err(fail(format!("a text has no method `{other}` in the native dbt runner"))),
    })
}

fn any_of(args: &[Value], test: impl Fn(&str) -> bool) -> Result<bool, JinjaError> {
    let (what,): (Value,) = from_args(args)?;
    match what.as_str() {
        Some(text) => Ok(test(text)),
        None => Ok(what.try_iter()?.any(|item| item.as_str().is_some_and(&test))),
    }
}

fn title(text: &str) -> String {
    let mut start = true;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match start {
            true => out.extend(c.to_uppercase()),
            false => out.extend(c.to_lowercase()),
        }
        start = !c.is_alphabetic();
    }
    out
}

/// `'{} {0} {name}'.format(…)` without format specifications.
fn format(text: &str, args: &[Value]) -> Result<String, JinjaError> {
    let kwargs = args.last().and_then(keywords);
    let mut next = 0;
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let tail = &rest[at..];
        if tail.starts_with("{{") || tail.starts_with("}}") {
            out.push_str(&tail[..1]);
            rest = &tail[2..];
            continue;
        }
        let end = tail.find('}').filter(|_| tail.starts_with('{')).ok_or_else(|| fail("unbalanced brace in format"))?;
        let name = &tail[1..end];
        if name.contains([':', '!', '.', '[']) {
            return Err(fail(format!(
                "the format specification `{{{name}}}` is not supported by the native dbt runner"
            )));
        }
        let value = if name.is_empty() {
            next += 1;
            args.get(next - 1).cloned()
        } else if let Ok(index) = name.parse::<usize>() {
            args.get(index).cloned()
        } else {
            kwargs.as_ref().and_then(|kwargs| kwargs.get::<Value>(name).ok())
        };
        out.push_str(&python_str(&value.ok_or_else(|| fail(format!("format has no value for `{{{name}}}`")))?));
        rest = &tail[end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

/// A method of a list or dictionary that does not change it.
pub fn collection_method(value: &Value, method: &str, args: &[Value]) -> JinjaResult {
    match (value.kind(), method) {
        (ValueKind::Map, "keys") => Ok(value.try_iter()?.collect()),
        (ValueKind::Map, "values") => value.try_iter()?.map(|key| value.get_item(&key)).collect(),
        (ValueKind::Map, "items") => value
            .try_iter()?
            .map(|key| Ok(Value::from(vec![key.clone(), value.get_item(&key)?])))
            .collect::<Result<Vec<_>, JinjaError>>()
            .map(Value::from),
        (ValueKind::Map, "get") => {
            let (key, default): (Value, Option<Value>) = from_args(args)?;
            let found = value.get_item(&key)?;
            Ok(if found.is_undefined() { default.unwrap_or_else(|| Value::from(())) } else { found })
        }
        (ValueKind::Map, "copy") => super::mutable::MutableDict::from_map(value).map(Value::from_object),
        (ValueKind::Seq, "copy") => {
            Ok(Value::from_object(super::mutable::MutableList::new(value.try_iter()?.collect())))
        }
        (ValueKind::Seq, "count") => {
            let (item,): (Value,) = from_args(args)?;
            Ok(Value::from(value.try_iter()?.filter(|other| *other == item).count()))
        }
        (ValueKind::Seq, "index") => {
            let (item,): (Value,) = from_args(args)?;
            let index = value.try_iter()?.position(|other| other == item);
            index.map(Value::from).ok_or_else(|| fail("item not in list"))
        }
        (
            ValueKind::Seq | ValueKind::Map,
            "append" | "extend" | "insert" | "pop" | "remove" | "update" | "setdefault" | "sort",
        ) => Err(fail(format!(
            "`{method}` works on lists and dictionaries made by `{{% set x = [] %}}` or `{{% set x = {{}} %}}` only, in the native dbt runner"
        ))),
        (kind, method) => Err(fail(format!("a {kind} has no method `{method}`"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(text: &str, method: &str, args: &[Value]) -> String {
        text_method(text, method, args).unwrap().to_string()
    }

    #[test]
    fn text_methods() {
        assert_eq!(call("it's aDay", "title", &[]), "It'S Aday");
        assert_eq!(call("--x-", "strip", &[Value::from("-")]), "x");
        assert_eq!(call("-7", "zfill", &[Value::from(4)]), "-007");
        assert_eq!(call(",", "join", &[Value::from(vec![1, 2])]), "1,2");
        assert_eq!(call("{} {0} {{}}", "format", &[Value::from("a")]), "a a {}");
        assert!(text_method("{:>3}", "format", &[Value::from("a")]).is_err());
    }
}
