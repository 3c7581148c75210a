/* Failures as a status and a sentence. */
#include <stdarg.h>
#include <stdio.h>

#include <hinge/error.h>

const char *hg_status_text(hg_status status)
{
    switch (status) {
#define STATUS_TEXT(code, meaning) \
    case code:                     \
        return meaning;
        HG_STATUS_TABLE(STATUS_TEXT)
#undef STATUS_TEXT
    }
    return "unknown status";
}

hg_status hg_fail(hg_error *error, hg_status status, const char *format, ...)
{
    if (error) {
        va_list arguments;
        va_start(arguments, format);
        error->status = status;
        vsnprintf(error->message, sizeof error->message, format, arguments);
        va_end(arguments);
    }
    return status;
}
