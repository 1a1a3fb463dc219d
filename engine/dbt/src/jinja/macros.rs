//! Macros across files: every macro is a template of its own, called through [`MacroObject`].
//!
//! A macro sees the caller's context and, through it, every other macro: the project's own first,
//! then this crate's versions of dbt's (`builtin.sql`). `dbt.x()` and `<project>.x()` name the package.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, atomic::Ordering},
};

use minijinja::{
    Environment, Error as JinjaError, State, Value,
    value::{Kwargs, Object, ObjectRepr},
};

use super::{
    block::{Block, top_level_blocks},
    context::Scope,
    convert::keywords,
    mutable::make_literals_mutable,
    signal::{fail, from_jinja, returned_value},
};
use crate::{Error, Result};

/// The package of this crate's own versions of dbt's macros.
pub const BUILTIN_PACKAGE: &str = "dbt";

const BUILTIN_SOURCE: &str = include_str!("builtin.sql");

/// Macros that dbt lets a project override and that this runner implements in Rust: an override
/// would silently have no effect, so it is refused.
const NOT_OVERRIDABLE: &str = "
    adapter_macro alter_column_comment alter_column_type alter_relation_add_remove_columns alter_relation_comment
    apply_grants assert_columns_equivalent build_snapshot_table call_dcl_statements check_for_schema_changes
    collect_freshness create_columns create_csv_table create_indexes create_schema create_table_as create_view_as
    diff_column_data_types dist drop_relation drop_relation_if_exists drop_schema drop_table drop_view
    drop_materialized_view escape_comment format_column get_alter_materialized_view_as_sql
    get_assert_columns_equivalent get_batch_size get_binding_char get_column_names get_columns_in_query
    get_columns_in_relation get_create_materialized_view_as_sql get_create_sql get_create_table_as_sql
    get_create_view_as_sql get_csv_sql get_dcl_statement_list get_delete_insert_merge_sql get_drop_sql
    get_empty_schema_sql get_empty_subquery_sql get_grant_sql get_incremental_append_sql
    get_incremental_default_sql get_incremental_delete_insert_sql get_incremental_merge_sql
    get_incremental_microbatch_sql get_insert_into_sql get_merge_sql get_merge_update_columns
    get_merge_unique_key_match get_relation_last_modified get_rename_sql get_replace_sql get_revoke_sql
    get_select_subquery get_show_grant_sql get_table_columns_and_constraints get_test_sql get_limit_subquery_sql
    incremental_validate_on_schema_change is_incremental list_relations_without_caching list_schemas load_csv_rows
    make_backup_relation make_intermediate_relation make_temp_relation noop_statement persist_docs
    process_schema_changes refresh_materialized_view rename_relation reset_csv_table run_hooks run_query
    should_full_refresh should_revoke should_store_failures snapshot_merge_sql sort statement sync_column_schemas
    truncate_relation validate_sql
";

/// One macro.
#[derive(Debug, Clone)]
pub struct MacroDefinition {
    /// Its name; a generic test's begins with `test_`.
    pub name: String,
    /// Its package.
    pub package: String,
    /// Its file, relative to the project.
    pub path: PathBuf,
    /// The line it begins on.
    pub line: usize,
    template: String,
}

/// The macros of a project by package.
#[derive(Debug, Default)]
pub struct MacroSet {
    packages: BTreeMap<String, BTreeMap<String, Arc<MacroDefinition>>>,
}

impl MacroSet {
    /// The macros of dbt itself.
    pub fn with_builtins(environment: &mut Environment<'static>) -> Result<Self> {
        let mut set = MacroSet::default();
        set.add_file(environment, BUILTIN_PACKAGE, Path::new("<dbt>"), BUILTIN_SOURCE)?;
        Ok(set)
    }

    /// Adds the macros and generic tests of a file; returns its other blocks.
    pub fn add_file(
        &mut self,
        environment: &mut Environment<'static>,
        package: &str,
        path: &Path,
        source: &str,
    ) -> Result<Vec<Block>> {
        let mut others = Vec::new();
        for block in top_level_blocks(source, path)? {
            let name = match block.tag.as_str() {
                "macro" => block.name().to_owned(),
                "test" | "data_test" => format!("test_{}", block.name()),
                "materialization" => {
                    let what = format!("the custom materialization `{}`", block.name());
                    return Err(Error::unsupported(what).at(path, Some(block.line)));
                }
                "snapshot" => {
                    let what = format!("the snapshot `{}`", block.name());
                    return Err(Error::unsupported(what).at(path, Some(block.line)));
                }
                _ => {
                    others.push(block);
                    continue;
                }
            };
            if package != BUILTIN_PACKAGE {
                refuse_ineffective_override(&name).map_err(|error| error.at(path, Some(block.line)))?;
            }
            let macros = self.packages.entry(package.to_owned()).or_default();
            if let Some(other) = macros.get(&name) {
                let message =
                    format!("the macro `{name}` is defined twice: here and in {}:{}", other.path.display(), other.line);
                return Err(Error::parsing(message).at(path, Some(block.line)));
            }
            let template = format!("{}#{package}.{name}", path.display());
            environment
                .add_template_owned(template.clone(), template_source(&block))
                .map_err(|error| from_jinja(&error, path))?;
            let definition = MacroDefinition {
                name: name.clone(),
                package: package.to_owned(),
                path: path.to_owned(),
                line: block.line,
                template,
            };
            macros.insert(name, Arc::new(definition));
        }
        Ok(others)
    }

    /// A macro of one package.
    pub fn get(&self, package: &str, name: &str) -> Option<&Arc<MacroDefinition>> {
        self.packages.get(package)?.get(name)
    }

    /// A macro by its name alone: the project's own goes before dbt's.
    pub fn find(&self, project: &str, name: &str) -> Option<&Arc<MacroDefinition>> {
        self.get(project, name).or_else(|| self.get(BUILTIN_PACKAGE, name))
    }

    /// What `adapter.dispatch(name)` finds: the most specific implementation.
    pub fn dispatch(&self, project: &str, name: &str) -> Option<&Arc<MacroDefinition>> {
        ["redshift__", "postgres__", "default__"]
            .iter()
            .find_map(|prefix| self.find(project, &format!("{prefix}{name}")))
            .or_else(|| self.get(BUILTIN_PACKAGE, name))
    }

    /// The project's macros, for `list`.
    pub fn package(&self, package: &str) -> impl Iterator<Item = &Arc<MacroDefinition>> {
        self.packages.get(package).into_iter().flat_map(BTreeMap::values)
    }
}

fn refuse_ineffective_override(name: &str) -> Result<()> {
    let bare = ["redshift__", "postgres__", "default__"].iter().find_map(|prefix| name.strip_prefix(prefix));
    if NOT_OVERRIDABLE.split_whitespace().any(|known| known == bare.unwrap_or(name)) {
        return Err(Error::unsupported(format!("overriding dbt's macro `{name}`")));
    }
    Ok(())
}

/// The block as a template that defines one macro `m`, on the block's own line.
///
/// The fixed name keeps a macro that calls itself (or is called as the file's other macros are) on
/// the way through the context, where `return` is handled.
fn template_source(block: &Block) -> String {
    let arguments = &block.header[block.name().len()..];
    let source = format!("{}{{% macro m{arguments} %}}{}{{% endmacro %}}", "\n".repeat(block.line - 1), block.body);
    make_literals_mutable(&source)
}

/// A macro in a context: what a template calls.
pub struct MacroObject {
    /// The macro.
    pub definition: Arc<MacroDefinition>,
    /// The context it runs in.
    pub scope: Arc<Scope>,
}

impl fmt::Debug for MacroObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<macro {}.{}>", self.definition.package, self.definition.name)
    }
}

impl MacroObject {
    /// Calls the macro: its `return` value, or else its text.
    pub fn invoke(&self, args: &[Value]) -> Result<Value, JinjaError> {
        const CALL_DEPTH_MAX: usize = 60;
        let depth = self.scope.depth.fetch_add(1, Ordering::Relaxed);
        let result = if depth >= CALL_DEPTH_MAX {
            Err(fail(format!("macro calls nest deeper than {CALL_DEPTH_MAX} levels at `{}`", self.definition.name)))
        } else {
            self.invoke_template(args)
        };
        self.scope.depth.fetch_sub(1, Ordering::Relaxed);
        match result {
            Err(error) => returned_value(&error).ok_or(error),
            done => done,
        }
    }

    fn invoke_template(&self, args: &[Value]) -> Result<Value, JinjaError> {
        let template = self.scope.jinja.environment.get_template(&self.definition.template)?;
        let captured = template.render_captured(Value::from_dyn_object(self.scope.clone()))?;
        captured.state().call_macro("m", args).map(Value::from)
    }
}

impl Object for MacroObject {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, state: &State, args: &[Value]) -> Result<Value, JinjaError> {
        self.invoke(&with_bound_caller(state, args)?)
    }
}

/// The arguments with `caller` rendered already: a call block belongs to the template state that it
/// stands in and cannot be called from another one.
fn with_bound_caller(state: &State, args: &[Value]) -> Result<Vec<Value>, JinjaError> {
    let mut args = args.to_vec();
    let Some(kwargs) = args.last().and_then(keywords) else { return Ok(args) };
    let Ok(caller) = kwargs.get::<Value>("caller") else { return Ok(args) };
    if caller.get_attr("arguments").is_ok_and(|arguments| arguments.len().unwrap_or(0) > 0) {
        return Err(fail("a call block with arguments around a macro is not supported by the native dbt runner"));
    }
    let rendered = BoundCaller { result: caller.call(state, &[]) };
    let mut names = Vec::new();
    for name in kwargs.args() {
        if name != "caller" {
            names.push((name.to_owned(), kwargs.get::<Value>(name)?));
        }
    }
    names.push(("caller".to_owned(), Value::from_object(rendered)));
    args.pop();
    args.push(Value::from(Kwargs::from_iter(names)));
    Ok(args)
}

/// A call block's text, rendered where it stands; an error comes up when it is called.
struct BoundCaller {
    result: Result<Value, JinjaError>,
}

impl fmt::Debug for BoundCaller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("<caller>")
    }
}

impl Object for BoundCaller {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, _state: &State, _args: &[Value]) -> Result<Value, JinjaError> {
        match &self.result {
            Ok(value) => Ok(value.clone()),
            Err(error) => match returned_value(error) {
                Some(value) => Err(super::signal::return_error(value)),
                None => {
                    let error = from_jinja(error, Path::new(""));
                    Err(super::signal::carry(error))
                }
            },
        }
    }
}

/// `dbt.…` or `<project>.…`: the macros of one package.
#[derive(Debug)]
pub struct Namespace {
    /// The package.
    pub package: String,
    /// The context the macros run in.
    pub scope: Arc<Scope>,
}

impl Object for Namespace {
    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.scope.package_member(&self.package, key.as_str()?)
    }

    fn call_method(self: &Arc<Self>, state: &State, method: &str, args: &[Value]) -> Result<Value, JinjaError> {
        match self.scope.package_member(&self.package, method) {
            Some(member) => member.call(state, args),
            None => Err(fail(format!("the package `{}` has no macro `{method}`", self.package))),
        }
    }
}
