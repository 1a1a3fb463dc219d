//! pg_catalog: PostgreSQL 8's catalogs with Redshift's columns beside them
//! ("System catalog tables" of the guide).

/// pg_stat_activity, pg_locks.
mod activity;
/// pg_class, pg_attribute, pg_attrdef, pg_type.
mod class;
/// pg_constraint, pg_index, pg_indexes.
mod constraint;
/// pg_default_acl.
mod default_acl;
/// pg_depend, pg_rewrite, pg_description.
mod depend;
/// pg_namespace, pg_database, and the views of external schemas.
pub mod namespace;
/// pg_proc and pg_proc_info.
mod proc;
/// Users, groups, roles.
mod role;
/// Small tables whose rows never change.
mod fixed;
/// pg_settings.
mod settings;
/// pg_stats.
mod statistic;
/// pg_tables, pg_views, pg_table_def.
mod tables;

use super::view::SystemView;

/// The views of pg_catalog.
pub const VIEWS: &[&dyn SystemView] = &[
    &class::PG_CLASS,
    &class::PG_CLASS_INFO,
    &class::PG_ATTRIBUTE,
    &class::PG_ATTRIBUTE_INFO,
    &class::PG_ATTRDEF,
    &class::PG_TYPE,
    &constraint::PG_CONSTRAINT,
    &constraint::PG_INDEX,
    &constraint::PG_INDEXES,
    &depend::PG_DEPEND,
    &depend::PG_REWRITE,
    &depend::PG_DESCRIPTION,
    &depend::PG_STATISTIC_INDICATOR,
    &fixed::PG_AGGREGATE,
    &activity::PG_LOCKS,
    &activity::PG_STAT_ACTIVITY,
    &default_acl::PG_DEFAULT_ACL,
    &statistic::PG_STATS,
    &fixed::PG_AM,
    &fixed::PG_AMOP,
    &fixed::PG_AMPROC,
    &fixed::PG_CONF,
    &fixed::PG_CONVERSION,
    &fixed::PG_LISTENER,
    &fixed::PG_RULES,
    &fixed::PG_SEQUENCE,
    &fixed::PG_STATISTIC,
    &fixed::PG_LARGEOBJECT,
    &fixed::PG_OPFAMILY,
    &fixed::PG_PREPARED_XACTS,
    &fixed::PG_TS_CONFIG,
    &fixed::PG_TS_DICT,
    &fixed::PG_TS_PARSER,
    &fixed::PG_TS_TEMPLATE,
    &fixed::PG_USER_MAPPINGS,
    &fixed::PG_SHDEPEND,
    &fixed::PG_CAST,
    &fixed::PG_COLLATION,
    &fixed::PG_DB_ROLE_SETTING,
    &fixed::PG_ENUM,
    &fixed::PG_EXTENSION,
    &fixed::PG_FOREIGN_DATA_WRAPPER,
    &fixed::PG_FOREIGN_SERVER,
    &fixed::PG_FOREIGN_TABLE,
    &fixed::PG_INHERITS,
    &fixed::PG_LANGUAGE,
    &fixed::PG_LIBRARY,
    &fixed::PG_OPCLASS,
    &fixed::PG_OPERATOR,
    &fixed::PG_POLICY,
    &fixed::PG_SHDESCRIPTION,
    &fixed::PG_TABLESPACE,
    &fixed::PG_TRIGGER,
    &namespace::PG_NAMESPACE,
    &namespace::PG_DATABASE,
    &namespace::PG_DATABASE_INFO,
    &namespace::PG_EXTERNAL_SCHEMA,
    &proc::PG_PROC,
    &proc::PG_PROC_INFO,
    &role::PG_USER,
    &role::PG_USER_INFO,
    &role::PG_SHADOW,
    &role::PG_GROUP,
    &role::PG_ROLES,
    &role::PG_AUTHID,
    &role::PG_AUTH_MEMBERS,
    &settings::PG_SETTINGS,
    &tables::PG_TABLES,
    &tables::PG_VIEWS,
    &tables::PG_TABLE_DEF,
];
