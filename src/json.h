/* JSON text, the same in every locale: written piece by piece, read by cJSON. */
#ifndef HINGE_JSON_H
#define HINGE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include <hinge/error.h>

/* Starts as { 0 }. After a lack of memory `failed` is set and nothing more is added. */
typedef struct json_text {
    char *text; /* ends with a zero byte; release with hg_release */
    size_t length, capacity;
    bool failed;
} json_text;

void json_append(json_text *json, const char *format, ...) HG_PRINTF(2, 3);

/* In quotes, with what JSON forbids escaped. */
void json_append_string(json_text *json, const char *string);

/* The shortest decimal that reads as exactly this number; "inf", "-inf" or "nan" in
 * quotes where JSON has no number. */
void json_append_real(json_text *json, double value);

/* The number of an item as json_append_real wrote it; false if it is something else. */
bool json_real(const cJSON *item, double *value);

/* The whole number of an item; false if it is something else, or beyond the 53 bits
 * up to which doubles hold every whole number. */
bool json_whole(const cJSON *item, int64_t *value);

/* The tree of a text of `length` bytes with a zero byte behind it; release with
 * cJSON_Delete. NULL, with the byte where reading stopped, if it is not JSON, holds a
 * zero byte or nests more than CJSON_NESTING_LIMIT deep. */
cJSON *json_parse(const char *text, size_t length, size_t *stopped);

#endif
