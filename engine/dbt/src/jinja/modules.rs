//! `modules.datetime` and `modules.re`, the parts that projects use. Others do not exist here.

use std::{fmt, sync::Arc};

use chrono::{Datelike, NaiveDate, NaiveDateTime, TimeDelta, Timelike};
use minijinja::{
    Error as JinjaError, State, Value,
    value::{Kwargs, Object, ObjectRepr, from_args},
};

use super::signal::fail;

/// The value of `modules`.
pub fn modules() -> Value {
    Value::from_object(Module("modules"))
}

/// One module or class, known by its dotted name.
#[derive(Debug)]
struct Module(&'static str);

impl Object for Module {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let member = match (self.0, key.as_str()?) {
            ("modules", "datetime") => "datetime",
            ("modules", "re") => "re",
            ("datetime", "datetime") => "datetime.datetime",
            ("datetime", "date") => "datetime.date",
            ("datetime", "timedelta") => "datetime.timedelta",
            _ => return None,
        };
        Some(Value::from_object(Module(member)))
    }

    fn call(self: &Arc<Self>, _state: &State, args: &[Value]) -> Result<Value, JinjaError> {
        match self.0 {
            "datetime.date" => {
                let (year, month, day): (i32, u32, u32) = from_args(args)?;
                let date = NaiveDate::from_ymd_opt(year, month, day).ok_or_else(|| fail("no such date"))?;
                Ok(DateTime::value(date.and_time(chrono::NaiveTime::MIN), false))
            }
            "datetime.datetime" => {
                let numbers: Vec<u32> = args.iter().map(|arg| u32::try_from(arg.clone())).collect::<Result<_, _>>()?;
                let part = |index: usize| numbers.get(index).copied().unwrap_or(0);
                let time = NaiveDate::from_ymd_opt(part(0) as i32, part(1), part(2))
                    .and_then(|date| date.and_hms_opt(part(3), part(4), part(5)));
                Ok(DateTime::value(time.ok_or_else(|| fail("no such date and time"))?, true))
            }
            "datetime.timedelta" => {
                let (days, kwargs): (Option<i64>, Kwargs) = from_args(args)?;
                let mut delta = TimeDelta::days(days.unwrap_or(0));
                for (name, seconds) in
                    [("days", 86_400), ("hours", 3_600), ("minutes", 60), ("seconds", 1), ("weeks", 604_800)]
                {
                    if let Some(count) = kwargs.get::<Option<i64>>(name)? {
                        delta += TimeDelta::seconds(count * seconds);
                    }
                }
                kwargs.assert_all_used()?;
                Ok(Value::from_object(Delta(delta)))
            }
            other => Err(fail(format!("`modules.{other}` cannot be called"))),
        }
    }

    fn call_method(self: &Arc<Self>, state: &State, method: &str, args: &[Value]) -> Result<Value, JinjaError> {
        let now = chrono::Utc::now().naive_utc();
        match (self.0, method) {
            ("datetime.datetime", "now" | "utcnow" | "today") => Ok(DateTime::value(now, true)),
            ("datetime.date", "today") => Ok(DateTime::value(now.date().and_time(chrono::NaiveTime::MIN), false)),
            ("datetime.datetime", "strptime") => {
                let (text, format): (String, String) = from_args(args)?;
                let parsed = NaiveDateTime::parse_from_str(&text, &format)
                    .or_else(|_| NaiveDate::parse_from_str(&text, &format).map(|d| d.and_time(chrono::NaiveTime::MIN)));
                parsed.map(|time| DateTime::value(time, true)).map_err(|error| fail(format!("'{text}': {error}")))
            }
            ("datetime.datetime" | "datetime.date", "fromisoformat") => {
                let (text,): (String,) = from_args(args)?;
                let parsed = text
                    .parse::<NaiveDateTime>()
                    .or_else(|_| text.parse::<NaiveDate>().map(|date| date.and_time(chrono::NaiveTime::MIN)));
                let is_time = self.0 == "datetime.datetime";
                parsed.map(|time| DateTime::value(time, is_time)).map_err(|error| fail(format!("'{text}': {error}")))
            }
            ("re", _) => regular_expression(method, args),
            (module, method) => match self.get_value(&Value::from(method)) {
                Some(class) => class.call(state, args),
                None => Err(fail(format!("`{module}.{method}` is not supported by the native dbt runner"))),
            },
        }
    }
}

fn regular_expression(method: &str, args: &[Value]) -> Result<Value, JinjaError> {
    let compile = |pattern: &str| {
        regex::Regex::new(pattern).map_err(|error| fail(format!("the pattern `{pattern}` cannot be used: {error}")))
    };
    match method {
        "sub" => {
            let (pattern, replacement, text): (String, String, String) = from_args(args)?;
            // Python writes groups as \1, this library as ${1}.
            let replacement = replacement.replace('$', "$$");
            let replacement = compile(r"\\(\d+)")?.replace_all(&replacement, "$${$1}").into_owned();
            Ok(Value::from(compile(&pattern)?.replace_all(&text, replacement.as_str()).into_owned()))
        }
        "match" | "fullmatch" | "search" => {
            let (pattern, text): (String, String) = from_args(args)?;
            let anchored = match method {
                "match" => format!("^(?:{pattern})"),
                "fullmatch" => format!("^(?:{pattern})$"),
                _ => pattern,
            };
            let found = compile(&anchored)?.find(&text).map(|found| Value::from(found.as_str()));
            Ok(found.unwrap_or_else(|| Value::from(())))
        }
        "findall" => {
            let (pattern, text): (String, String) = from_args(args)?;
            Ok(compile(&pattern)?.find_iter(&text).map(|found| Value::from(found.as_str())).collect())
        }
        other => Err(fail(format!("`modules.re.{other}` is not supported by the native dbt runner"))),
    }
}

/// A `date` or `datetime`.
#[derive(Debug)]
pub struct DateTime {
    time: NaiveDateTime,
    has_time: bool,
}

impl DateTime {
    /// A template value; `has_time` tells a datetime from a date.
    pub fn value(time: NaiveDateTime, has_time: bool) -> Value {
        Value::from_object(DateTime { time, has_time })
    }

    fn iso(&self) -> String {
        let format = match (self.has_time, self.time.nanosecond()) {
            (false, _) => "%Y-%m-%d",
            (true, 0) => "%Y-%m-%dT%H:%M:%S",
            (true, _) => "%Y-%m-%dT%H:%M:%S%.6f",
        };
        self.time.format(format).to_string()
    }
}

impl Object for DateTime {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        Some(match key.as_str()? {
            "year" => Value::from(self.time.year()),
            "month" => Value::from(self.time.month()),
            "day" => Value::from(self.time.day()),
            "hour" => Value::from(self.time.hour()),
            "minute" => Value::from(self.time.minute()),
            "second" => Value::from(self.time.second()),
            _ => return None,
        })
    }

    fn call_method(self: &Arc<Self>, _state: &State, method: &str, args: &[Value]) -> Result<Value, JinjaError> {
        match method {
            "strftime" => {
                let (format,): (String,) = from_args(args)?;
                // Python's %f is six digits without the point.
                let micros = format!("{:06}", self.time.nanosecond() / 1_000);
                Ok(Value::from(self.time.format(&format.replace("%f", &micros)).to_string()))
            }
            "isoformat" => Ok(Value::from(self.iso())),
            "date" => Ok(DateTime::value(self.time.date().and_time(chrono::NaiveTime::MIN), false)),
            "weekday" => Ok(Value::from(self.time.weekday().num_days_from_monday())),
            "isoweekday" => Ok(Value::from(self.time.weekday().number_from_monday())),
            "timestamp" => Ok(Value::from(self.time.and_utc().timestamp())),
            // Jinja's operators cannot be taught dates; these two are what `+` and `-` would do.
            "__add__" => Ok(DateTime::value(self.time + delta(args)?, self.has_time)),
            "__sub__" => Ok(DateTime::value(self.time - delta(args)?, self.has_time)),
            other => Err(fail(format!("a date's `{other}` is not supported by the native dbt runner"))),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.iso().replace('T', " "))
    }
}

/// A `timedelta`.
#[derive(Debug)]
struct Delta(TimeDelta);

fn delta(args: &[Value]) -> Result<TimeDelta, JinjaError> {
    let (value,): (Value,) = from_args(args)?;
    value.downcast_object_ref::<Delta>().map(|delta| delta.0).ok_or_else(|| fail("a timedelta is needed"))
}

impl Object for Delta {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str()? {
            "days" => Some(Value::from(self.0.num_days())),
            _ => None,
        }
    }
}
