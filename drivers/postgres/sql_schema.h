/*
 * sql_schema.h - the longer pieces of the statements about migrations, for sql.c.
 */
#ifndef CAIRN_PG_SQL_SCHEMA_H
#define CAIRN_PG_SQL_SCHEMA_H

/* SQL is laid out by its clauses. */
/* clang-format off */

/* Advisory locks are the database's: $1 schema and $2 line make the number. */
#define LOCK_KEY "hashtextextended('cairn ' || $1::text || '.' || $2::text, 0)"

/*
 * What a schema ($1) is made of: kind, name, definition. The definitions name no schema,
 * because they are read with the search path on it; so two schemas can be compared.
 */
#define DESCRIBE_RELATIONS \
	"WITH rel AS MATERIALIZED (" \
		"SELECT c.oid, c.relname::text AS name, c.relkind, c.relpersistence, " \
		"c.reloptions, c.relrowsecurity, c.relforcerowsecurity " \
		"FROM pg_catalog.pg_class c " \
		"JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace " \
		"WHERE n.nspname = $1::text AND c.relkind IN ('r', 'p', 'v', 'm', 'S') " \
		"AND c.relname <> 'cairn_migrations'" \
	") SELECT CASE relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'view' " \
	"WHEN 'S' THEN 'sequence' ELSE 'table' END, name, " \
	"CASE WHEN relkind IN ('v', 'm') THEN pg_get_viewdef(oid, true) ELSE concat_ws(' ', " \
		"'persistence ' || relpersistence::text, " \
		"(SELECT 'with (' || string_agg(o, ', ' ORDER BY o) || ')' " \
		"FROM unnest(reloptions) o), " \
		"CASE WHEN relrowsecurity THEN 'row security' END, " \
		"CASE WHEN relforcerowsecurity THEN 'forced' END) END FROM rel "

#define DESCRIBE_PARTS \
	"UNION ALL SELECT 'column', r.name || '.' || a.attname, concat_ws(' ', " \
		"format_type(a.atttypid, a.atttypmod), " \
		"CASE WHEN a.attcollation <> t.typcollation " \
		"THEN 'collate ' || quote_ident(l.collname) END, " \
		"CASE WHEN a.attnotnull THEN 'not null' END, " \
		"'default ' || pg_get_expr(f.adbin, f.adrelid), " \
		"'generated ' || NULLIF(a.attgenerated::text, ''), " \
		"'identity ' || NULLIF(a.attidentity::text, ''), " \
		"CASE WHEN a.attstorage <> t.typstorage " \
		"THEN 'storage ' || a.attstorage::text END) " \
	"FROM rel r JOIN pg_catalog.pg_attribute a ON a.attrelid = r.oid " \
	"JOIN pg_catalog.pg_type t ON t.oid = a.atttypid " \
	"LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation " \
	"LEFT JOIN pg_catalog.pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum " \
	"WHERE r.relkind <> 'S' AND a.attnum > 0 AND NOT a.attisdropped " \
	"UNION ALL SELECT 'index', r.name || '.' || c.relname, concat_ws(' ', " \
		"pg_get_indexdef(x.indexrelid, 0, true), " \
		"CASE WHEN NOT x.indisvalid THEN 'invalid' END) " \
	"FROM rel r JOIN pg_catalog.pg_index x ON x.indrelid = r.oid " \
	"JOIN pg_catalog.pg_class c ON c.oid = x.indexrelid " \
	"UNION ALL SELECT 'constraint', r.name || '.' || k.conname, concat_ws(' ', " \
		"pg_get_constraintdef(k.oid, true), " \
		"CASE WHEN NOT k.convalidated THEN 'not valid' END) " \
	"FROM rel r JOIN pg_catalog.pg_constraint k ON k.conrelid = r.oid "

#define DESCRIBE_REST \
	"UNION ALL SELECT 'policy', r.name || '.' || p.polname, concat_ws(' ', " \
		"p.polcmd::text, " \
		"CASE WHEN p.polpermissive THEN 'permissive' ELSE 'restrictive' END, " \
		"(SELECT 'to ' || string_agg(COALESCE(a.rolname, 'public'), ', ' " \
		"ORDER BY a.rolname) FROM unnest(p.polroles) o " \
		"LEFT JOIN pg_catalog.pg_roles a ON a.oid = o), " \
		"'using ' || pg_get_expr(p.polqual, p.polrelid), " \
		"'check ' || pg_get_expr(p.polwithcheck, p.polrelid)) " \
	"FROM rel r JOIN pg_catalog.pg_policy p ON p.polrelid = r.oid " \
	"UNION ALL SELECT 'trigger', r.name || '.' || g.tgname, pg_get_triggerdef(g.oid, true) " \
	"FROM rel r JOIN pg_catalog.pg_trigger g ON g.tgrelid = r.oid WHERE NOT g.tgisinternal " \
	"UNION ALL SELECT 'type', t.typname::text, concat_ws(' ', " \
		"format_type(t.typbasetype, t.typtypmod), " \
		"(SELECT string_agg(pg_get_constraintdef(k.oid, true), ' ' ORDER BY k.conname) " \
		"FROM pg_catalog.pg_constraint k WHERE k.contypid = t.oid), " \
		"(SELECT string_agg(e.enumlabel, ', ' ORDER BY e.enumsortorder) " \
		"FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid)) " \
	"FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace " \
	"WHERE n.nspname = $1 AND t.typtype IN ('d', 'e') " \
	"UNION ALL SELECT 'function', " \
		"p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', " \
		"concat_ws(' ', pg_get_function_result(p.oid), p.prosrc) " \
	"FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace " \
	"WHERE n.nspname = $1"
/* clang-format on */

#endif
