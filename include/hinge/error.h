/* What went wrong, in words for the person who can mend it. */
#ifndef HINGE_ERROR_H
#define HINGE_ERROR_H

#if defined(__GNUC__)
#define HG_API __attribute__((visibility("default")))
#define HG_PRINTF(text, first) __attribute__((__format__(__printf__, text, first)))
#else
#define HG_API
#define HG_PRINTF(text, first)
#endif

/* What stands between them is C, whatever language includes it. */
#ifdef __cplusplus
#define HG_BEGIN_DECLARATIONS extern "C" {
#define HG_END_DECLARATIONS }
#else
#define HG_BEGIN_DECLARATIONS
#define HG_END_DECLARATIONS
#endif

HG_BEGIN_DECLARATIONS

/* One row a kind of failure: the code and its meaning in general. */
#define HG_STATUS_TABLE(ROW)                                             \
    ROW(HG_OK, "no error")                                               \
    ROW(HG_BAD_ARGUMENT, "an option or argument is out of its range")    \
    ROW(HG_BAD_NETWORK, "the layers do not make a network")              \
    ROW(HG_BAD_DATA, "a data set does not hold what it should")          \
    ROW(HG_BAD_FILE, "a file does not hold what it should")              \
    ROW(HG_IO, "a file could not be read or written")                    \
    ROW(HG_NO_MEMORY, "memory could not be allocated")                   \
    ROW(HG_NOT_FINITE, "a loss or gradient is infinite or not a number") \
    ROW(HG_STOPPED, "a callback asked to stop")                          \
    ROW(HG_BAD_LAYER, "a layer does not do what it should")              \
    ROW(HG_UNSAVED, "a training's last checkpoint could not be written") \
    ROW(HG_UNSUPPORTED, "this build of the library leaves it out")

typedef enum hg_status {
#define HG_STATUS_CODE(code, meaning) code,
    HG_STATUS_TABLE(HG_STATUS_CODE)
#undef HG_STATUS_CODE
} hg_status;

enum { HG_ERROR_LENGTH = 512 };

/* Filled in by a function that fails; left alone by one that succeeds.
 * Every function of the library that takes an `hg_error *` takes NULL too. */
typedef struct hg_error {
    hg_status status;
    char message[HG_ERROR_LENGTH]; /* one line, no newline: who, the numbers, the remedy */
} hg_error;

/* The meaning of a status in general: "a file could not be read or written".
 * Never NULL; the text is the library's. */
HG_API const char *hg_status_text(hg_status status);

/* Fills in *error (which may be NULL) and returns status, so that a layer or a
 * data set of one's own can write `return hg_fail(error, HG_BAD_DATA, "...", ...)`. */
HG_API hg_status hg_fail(hg_error *error, hg_status status, const char *format, ...) HG_PRINTF(3, 4);

HG_END_DECLARATIONS

#endif
