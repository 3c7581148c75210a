/* The tables on the screen, 80 columns. */
#ifndef BENCH_TABLE_H
#define BENCH_TABLE_H

#include "rows.h"

/* "4.90..5.12": two decimals below 10, one below 1,000, none from there on. */
enum { SPREAD_LENGTH = 32 };
const char *table_spread(char text[SPREAD_LENGTH], median m);

void table_heading(const section *section);
void table_row(const bench *bench, const result *result, const char *label);

/* hinge beside oneDNN alone. */
void table_onednn_heading(const bench *bench);
void table_onednn(const bench *bench, const result *result, const char *label);

#endif
