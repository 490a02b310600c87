/* namespaces.c - namespaces as texts: no two have the same, and each comes back from its own. */
#include "ct.h"

#define ROUNDS	 256
#define SEGMENTS 4

static const char *format(const char *tenant, cairn_namespace ns)
{
	size_t len = cairn_namespace_format(cairn_str_of(tenant), ns, NULL, 0);
	char *text = ct_alloc(len + 1);
	ct_int(cairn_namespace_format(cairn_str_of(tenant), ns, text, len + 1), len);
	ct_int(strlen(text), len);
	return text;
}

static const cairn_namespace_text *parse(const char *text)
{
	cairn_namespace_text *segments = NULL;
	ct_ok(cairn_namespace_parse(cairn_str_of(text), &segments, ct_err()));
	ct_later(segments);
	return segments;
}

static cairn_namespace of_one(const char *segment)
{
	cairn_str *segments = ct_alloc(sizeof(*segments));
	*segments = (cairn_str){ segment, strlen(segment) };
	return (cairn_namespace){ segments, 1 };
}

static void comes_back(const char *tenant, cairn_namespace ns)
{
	const cairn_namespace_text *segments = parse(format(tenant, ns));
	ct_int(segments->count, ns.count + 1);
	ct_str(segments->at[0], tenant);
	for (size_t i = 0; i < ns.count; i++) {
		ct_int(segments->at[i + 1].len, ns.segments[i].len);
		if (ns.segments[i].len > 0)
			ct_same(segments->at[i + 1], ns.segments[i]);
	}
}

/* Of the characters that matter, and others. */
static char *random_text(size_t least)
{
	static const char letters[] = "ab:\\:\\%_\xc3\xa9\x01 \n*?[\x7f";
	size_t len = least + ct_random(6);
	char *text = ct_alloc(len + 1);
	for (size_t i = 0; i < len; i++)
		text[i] = letters[ct_random(sizeof(letters) - 1)];
	return text;
}

static cairn_namespace random_ns(void)
{
	cairn_str *segments = ct_alloc(SEGMENTS * sizeof(*segments));
	cairn_namespace ns = { segments, ct_random(SEGMENTS + 1) };
	for (size_t i = 0; i < ns.count; i++)
		segments[i] = cairn_str_of(random_text(0));
	return ns;
}

static void joined(void)
{
	ct_text(format("acme", ct_ns("")), "acme");
	ct_text(format("acme", ct_ns("agent-1/conv-42")), "acme:agent-1:conv-42");
	ct_text(format(NULL, ct_ns("agent-1/conv-42")), "agent-1:conv-42");
	ct_text(format(NULL, ct_ns("")), "");
	ct_text(format("acme", of_one("")), "acme:");
	char small[5] = "????";
	ct_int(cairn_namespace_format(CAIRN_STR("acme"), ct_ns("a"), small, sizeof(small)), 6);
	ct_text(small, "acme");
	ct_int(cairn_namespace_format(CAIRN_STR("x"), ct_ns(""), small, sizeof(small)), 1);
	ct_text(small, "x");
}

static void told_apart(void)
{
	ct_text(format("t:1", ct_ns("a:b")), "t\\:1:a\\:b");
	ct_text(format("t", ct_ns("1:a:b")), "t:1\\:a\\:b");
	ct_text(format("t", of_one("\\")), "t:\\\\");
	ct_text(format("t", of_one("\\\\")), "t:\\\\\\\\");
}

static void there_and_back(void)
{
	static const char *const odd[] = {
		"", ":", "\\", "a:b", "\\\\\\:", "k8s:pod:foo", "%_*?["
	};
	comes_back("acme", ct_ns("agent-1/conv-42"));
	comes_back("t:\\1", ct_ns(""));
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++)
		comes_back("acme", of_one(odd[i]));
	for (size_t i = 0; i < ROUNDS; i++)
		comes_back(random_text(1), random_ns());
}

static bool equal(cairn_namespace a, cairn_namespace b)
{
	return a.count == b.count && cairn_namespace_within(a, b);
}

static void random_pairs(void)
{
	for (size_t i = 0; i < ROUNDS; i++) {
		cairn_namespace a = random_ns();
		cairn_namespace b = random_ns();
		const char *x = format("t", a);
		const char *y = format("t", b);
		ct_true((strcmp(x, y) == 0) == equal(a, b));
	}
}

static void refused(void)
{
	static const char *const bad[] = { "", ":a", ":", "a\\", "a:b\\", "a\\b", "a:\\n", "\\" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		cairn_namespace_text *segments = NULL;
		ct_status(cairn_namespace_parse((cairn_str){ bad[i], strlen(bad[i]) }, &segments,
						ct_err()),
			  CAIRN_INVALID, "memory.invalid_namespace");
		cairn_free(segments);
	}
	ct_int(parse("a:")->count, 2);
	ct_int(parse("a::b")->count, 3);
}

static void within(void)
{
	cairn_namespace agent = ct_ns("agent-a");
	ct_true(cairn_namespace_within(agent, agent));
	ct_true(cairn_namespace_within(ct_ns("agent-a/x/y"), agent));
	ct_true(!cairn_namespace_within(ct_ns("agent-ab"), agent));
	ct_true(!cairn_namespace_within(ct_ns("agent-b/agent-a"), agent));
	ct_true(!cairn_namespace_within(ct_ns(""), agent));
	ct_true(cairn_namespace_within(agent, ct_ns("")));
	ct_true(cairn_namespace_within(ct_ns(""), ct_ns("")));
}

#define TEXTS .kind = CT_VERB, .store = CT_MEMORY

static const ct_case cases[] = {
	{ .name = "namespaces.format.segments_are_joined",
	  TEXTS,
	  .rule = "The tenant comes first, segments are joined by ':', and what fits is written.",
	  .covers = "entelix-5",
	  .run = joined },
	{ .name = "namespaces.format.colons_and_backslashes_are_escaped",
	  TEXTS,
	  .rule = "A ':' in a segment is no ':' between two, and backslashes are counted.",
	  .covers = "entelix-6",
	  .run = told_apart },
	{ .name = "namespaces.parse.is_the_inverse",
	  TEXTS,
	  .rule = "Whatever was formatted is parsed into what it was.",
	  .covers = "entelix-7",
	  .run = there_and_back },
	{ .name = "namespaces.format.different_ones_have_different_texts",
	  TEXTS,
	  .rule = "Two namespaces have the same text exactly when they are equal.",
	  .covers = "entelix-8",
	  .run = random_pairs },
	{ .name = "namespaces.parse.refuses_what_no_namespace_has",
	  TEXTS,
	  .rule = "A single backslash at the end or before another character, and an empty first "
		  "segment, are refused.",
	  .covers = "entelix-9",
	  .run = refused },
	{ .name = "namespaces.within.itself_and_below",
	  TEXTS,
	  .rule = "Within a namespace are itself and what is below it, by whole segments.",
	  .covers = "entelix-10",
	  .run = within },
};
CT_GROUP(namespaces, cases);
