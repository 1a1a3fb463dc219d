//! Small tables whose rows never change, or that are empty because Redshift has no such thing;
//! PostgreSQL's clients read them all the same.

use super::super::{
    item::principal,
    oid,
    value::*,
    view::{PG_CATALOG, View, col, none},
};

macro_rules! empty {
    ($constant:ident, $name:literal, $($column:literal $kind:expr),+ $(,)?) => {
        #[doc = $name]
        pub const $constant: View<()> = View {
            schema: PG_CATALOG,
            name: $name,
            items: none,
            columns: &[$(col($column, $kind, |_, _| Value::Null)),+],
        };
    };
}

empty!(PG_AGGREGATE, "pg_aggregate", "aggfnoid" REGPROC, "aggtransfn" REGPROC, "aggfinalfn" REGPROC,
    "aggtranstype" OID, "agginitval" TEXT);
empty!(PG_AMOP, "pg_amop", "amopclaid" OID, "amopsubtype" OID, "amopstrategy" INT2, "amopreqcheck" BOOL, "amopopr" OID);
empty!(PG_AMPROC, "pg_amproc", "amopclaid" OID, "amprocsubtype" OID, "amprocnum" INT2, "amproc" REGPROC);
empty!(PG_CONF, "pg_conf", "key" TEXT, "value" TEXT);
empty!(PG_CONVERSION, "pg_conversion", "oid" OID, "conname" NAME, "connamespace" OID, "conowner" INT4,
    "conforencoding" INT4, "contoencoding" INT4, "conproc" REGPROC, "condefault" BOOL);
empty!(PG_LISTENER, "pg_listener", "relname" NAME, "listenerpid" INT4, "notification" INT4);
empty!(PG_RULES, "pg_rules", "schemaname" NAME, "tablename" NAME, "rulename" NAME, "definition" TEXT);
empty!(PG_SEQUENCE, "pg_sequence", "seqrelid" OID, "seqtypid" OID, "seqstart" INT8, "seqincrement" INT8, "seqmax" INT8,
    "seqmin" INT8, "seqcache" INT8, "seqcycle" BOOL);
empty!(PG_STATISTIC, "pg_statistic", "starelid" OID, "staattnum" INT2, "stanullfrac" REAL, "stawidth" INT4,
    "stadistinct" REAL);
empty!(PG_LARGEOBJECT, "pg_largeobject", "loid" OID, "pageno" INT4, "data" TEXT);
empty!(PG_OPFAMILY, "pg_opfamily", "oid" OID, "opfmethod" OID, "opfname" NAME, "opfnamespace" OID, "opfowner" OID);
empty!(PG_TS_CONFIG, "pg_ts_config", "oid" OID, "cfgname" NAME, "cfgnamespace" OID, "cfgowner" OID, "cfgparser" OID);
empty!(PG_TS_DICT, "pg_ts_dict", "oid" OID, "dictname" NAME, "dictnamespace" OID, "dictowner" OID, "dicttemplate" OID,
    "dictinitoption" TEXT);
empty!(PG_TS_PARSER, "pg_ts_parser", "oid" OID, "prsname" NAME, "prsnamespace" OID);
empty!(PG_TS_TEMPLATE, "pg_ts_template", "oid" OID, "tmplname" NAME, "tmplnamespace" OID);
empty!(PG_USER_MAPPINGS, "pg_user_mappings", "umid" OID, "srvid" OID, "srvname" NAME, "umuser" OID, "usename" NAME,
    "umoptions" TEXT_ARRAY);
empty!(PG_PREPARED_XACTS, "pg_prepared_xacts", "transaction" INT4, "gid" TEXT, "prepared" TIMESTAMP, "owner" NAME,
    "database" NAME);
empty!(PG_SHDEPEND, "pg_shdepend", "dbid" OID, "classid" OID, "objid" OID, "refclassid" OID, "refobjid" OID, "deptype" CHAR);
empty!(PG_CAST, "pg_cast", "oid" OID, "castsource" OID, "casttarget" OID, "castfunc" OID, "castcontext" CHAR, "castmethod" CHAR);
empty!(PG_DB_ROLE_SETTING, "pg_db_role_setting", "setdatabase" OID, "setrole" OID, "setconfig" TEXT_ARRAY);
empty!(PG_ENUM, "pg_enum", "oid" OID, "enumtypid" OID, "enumsortorder" REAL, "enumlabel" NAME);
empty!(PG_EXTENSION, "pg_extension", "oid" OID, "extname" NAME, "extowner" OID, "extnamespace" OID,
    "extrelocatable" BOOL, "extversion" TEXT, "extconfig" OID_ARRAY, "extcondition" TEXT_ARRAY);
empty!(PG_FOREIGN_DATA_WRAPPER, "pg_foreign_data_wrapper", "oid" OID, "fdwname" NAME, "fdwowner" OID,
    "fdwhandler" OID, "fdwvalidator" OID, "fdwacl" ACL_ARRAY, "fdwoptions" TEXT_ARRAY);
empty!(PG_FOREIGN_SERVER, "pg_foreign_server", "oid" OID, "srvname" NAME, "srvowner" OID, "srvfdw" OID,
    "srvtype" TEXT, "srvversion" TEXT, "srvacl" ACL_ARRAY, "srvoptions" TEXT_ARRAY);
empty!(PG_FOREIGN_TABLE, "pg_foreign_table", "ftrelid" OID, "ftserver" OID, "ftoptions" TEXT_ARRAY);
empty!(PG_INHERITS, "pg_inherits", "inhrelid" OID, "inhparent" OID, "inhseqno" INT4);
empty!(PG_LIBRARY, "pg_library", "oid" OID, "name" NAME, "language_oid" OID, "file_store_id" INT4, "owner" INT4);
empty!(PG_OPCLASS, "pg_opclass", "oid" OID, "opcamid" OID, "opcname" NAME, "opcnamespace" OID, "opcowner" INT4,
    "opcintype" OID, "opcdefault" BOOL, "opckeytype" OID);
empty!(PG_OPERATOR, "pg_operator", "oid" OID, "oprname" NAME, "oprnamespace" OID, "oprowner" INT4, "oprkind" CHAR,
    "oprcanhash" BOOL, "oprleft" OID, "oprright" OID, "oprresult" OID, "oprcom" OID, "oprnegate" OID,
    "oprcode" REGPROC);
empty!(PG_POLICY, "pg_policy", "oid" OID, "polname" NAME, "polrelid" OID, "polcmd" CHAR, "polpermissive" BOOL,
    "polroles" OID_ARRAY, "polqual" TEXT, "polwithcheck" TEXT);
empty!(PG_SHDESCRIPTION, "pg_shdescription", "objoid" OID, "classoid" OID, "description" TEXT);
empty!(PG_TRIGGER, "pg_trigger", "oid" OID, "tgrelid" OID, "tgname" NAME, "tgfoid" OID, "tgtype" INT2,
    "tgenabled" CHAR, "tgisinternal" BOOL, "tgisconstraint" BOOL, "tgconstrname" NAME, "tgconstrrelid" OID, "tgdeferrable" BOOL,
    "tginitdeferred" BOOL, "tgnargs" INT2, "tgattr" INT2VECTOR, "tgargs" TEXT);

/// pg_am
pub const PG_AM: View<(i64, &str)> = View {
    schema: PG_CATALOG,
    name: "pg_am",
    items: |_| Ok(vec![(403, "btree")]),
    columns: &[
        col("oid", OID, |_, a| a.0.into()),
        col("amname", NAME, |_, a| a.1.into()),
        col("amowner", INT4, |_, _| principal::SYSTEM.into()),
        col("amstrategies", INT2, |_, _| 5_i64.into()),
        col("amsupport", INT2, |_, _| 1_i64.into()),
        col("amcanorder", BOOL, |_, _| true.into()),
        col("amcanunique", BOOL, |_, _| true.into()),
        col("amtype", CHAR, |_, _| "i".into()),
    ],
};

/// pg_collation
pub const PG_COLLATION: View<(i64, &str)> = View {
    schema: PG_CATALOG,
    name: "pg_collation",
    items: |_| Ok(vec![(100, "default"), (950, "C")]),
    columns: &[
        col("oid", OID, |_, c| c.0.into()),
        col("collname", NAME, |_, c| c.1.into()),
        col("collnamespace", OID, |_, _| oid::PG_CATALOG.into()),
        col("collowner", OID, |_, _| principal::SYSTEM.into()),
        col("collencoding", INT4, |_, _| (-1_i64).into()),
        col("collcollate", NAME, |_, _| "C".into()),
        col("collctype", NAME, |_, _| "C".into()),
    ],
};

/// pg_language
pub const PG_LANGUAGE: View<(i64, &str, bool)> = View {
    schema: PG_CATALOG,
    name: "pg_language",
    items: |_| {
        Ok(vec![
            (12, "internal", false),
            (13, "c", false),
            (14, "sql", true),
            (101_857, "plpgsql", true),
            (101_858, "plpythonu", true),
            (101_859, "exfunc", true),
        ])
    },
    columns: &[
        col("oid", OID, |_, l| l.0.into()),
        col("lanname", NAME, |_, l| l.1.into()),
        col("lanowner", INT4, |_, _| principal::SYSTEM.into()),
        col("lanispl", BOOL, |_, l| (l.0 > 100).into()),
        col("lanpltrusted", BOOL, |_, l| l.2.into()),
        col("lanplcallfoid", OID, |_, _| 0_i64.into()),
        col("laninline", OID, |_, _| 0_i64.into()),
        col("lanvalidator", OID, |_, _| 0_i64.into()),
        col("tableoid", OID, |_, _| 2612_i64.into()),
        col("lanacl", ACL_ARRAY, |_, _| Value::Null),
    ],
};

/// pg_tablespace
pub const PG_TABLESPACE: View<(i64, &str)> = View {
    schema: PG_CATALOG,
    name: "pg_tablespace",
    items: |_| Ok(vec![(1663, "pg_default"), (1664, "pg_global")]),
    columns: &[
        col("oid", OID, |_, t| t.0.into()),
        col("spcname", NAME, |_, t| t.1.into()),
        col("spcowner", INT4, |_, _| principal::SYSTEM.into()),
        col("spclocation", TEXT, |_, _| "".into()),
        col("spcacl", ACL_ARRAY, |_, _| Value::Null),
        col("spcoptions", TEXT_ARRAY, |_, _| Value::Null),
    ],
};
