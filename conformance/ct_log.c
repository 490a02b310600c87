/* ct_log.c - steps that cases about session logs need. */
#include "ct_log.h"

void ct_log_fill(cairn_log_event *events, size_t n, int64_t first)
{
	for (size_t i = 0; i < n; i++)
		events[i] = (cairn_log_event){
			.data = cairn_str_of(
				ct_format("{\"n\":%lld}", (long long)(first + (int64_t)i))),
		};
}

cairn_log_batch ct_log_batch(const char *thread, const cairn_log_event *events, size_t n)
{
	return (cairn_log_batch){ .size = sizeof(cairn_log_batch),
				  .tenant = CAIRN_STR("t"),
				  .thread = cairn_str_of(thread),
				  .events = events,
				  .n = n };
}

int64_t ct_log_append(cairn_conn *conn, const char *thread, size_t n)
{
	cairn_log_event events[100];
	cairn_log_batch batch = ct_log_batch(thread, NULL, 0);
	int64_t head = -1;
	ct_true(n <= 100);
	ct_ok(cairn_log_append(conn, &batch, &head, ct_err()));
	ct_log_fill(events, n, head + 1);
	batch.events = events;
	batch.n = n;
	ct_ok(cairn_log_append(conn, &batch, &head, ct_err()));
	return head;
}

const cairn_log_events *ct_log_read(cairn_conn *conn, const char *thread, int64_t after,
				    uint32_t limit)
{
	cairn_log_filter filter = { .size = sizeof(filter),
				    .tenant = CAIRN_STR("t"),
				    .thread = cairn_str_of(thread),
				    .after = after,
				    .limit = limit };
	cairn_log_events *events = NULL;
	ct_ok(cairn_log_read(conn, &filter, &events, ct_err()));
	ct_later(events);
	return events;
}

size_t ct_log_archive(cairn_conn *conn, const char *thread, int64_t upto)
{
	cairn_log_archive_opts opts = { .size = sizeof(opts),
					.tenant = CAIRN_STR("t"),
					.thread = cairn_str_of(thread),
					.upto = upto };
	size_t removed = 4711;
	ct_ok(cairn_log_archive(conn, &opts, &removed, ct_err()));
	return removed;
}

void ct_log_is(cairn_conn *conn, const char *thread, int64_t head, int64_t watermark)
{
	int64_t seq = watermark;
	const cairn_log_events *page;
	do {
		page = ct_log_read(conn, thread, seq > watermark ? seq : 0, 1000);
		ct_int(page->head, head);
		ct_int(page->watermark, watermark);
		for (size_t i = 0; i < page->count; i++) {
			ct_int(page->at[i].seq, ++seq);
			ct_str(page->at[i].data, ct_format("{\"n\":%lld}", (long long)seq));
		}
	} while (page->count > 0);
	ct_int(seq, head);
}
