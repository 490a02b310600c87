#include "replays.h"
void game_work(const char *url, uint64_t seed, int64_t until) { (void)url;(void)seed;(void)until; }
uint32_t game_judge(cairn_conn *conn, uint64_t *judged) { (void)conn;(void)judged; return 0; }
void game_found(cairn_conn *conn, uint64_t seed) { (void)conn;(void)seed; }
void game_drain(cairn_conn *conn) { (void)conn; }
