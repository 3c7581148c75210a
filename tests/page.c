/* Reading a page that examples/mnist --report wrote. */
#include <string.h>

#include <hinge/hinge.h>

#include "page.h"

char page[FILE_LENGTH];

void read_page(const char *name)
{
    ck_assert_uint_lt(read_file(name, page, sizeof page), sizeof page - 1);
}

void assert_on_page(const char *part)
{
    ck_assert_msg(strstr(page, part) != NULL, "the page has no %s", part);
}

void assert_not_on_page(const char *part)
{
    ck_assert_msg(!strstr(page, part), "the page has %s", part);
}

size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (; (text = strstr(text, part)); text += strlen(part))
        count++;
    return count;
}

void assert_well_formed(void)
{
    enum { DEEPEST = 32, LONGEST = 16 };
    static const char empty[] = " !DOCTYPE meta link img ";
    char open[DEEPEST][LONGEST], name[LONGEST + 2];
    size_t depth = 0;
    for (const char *c = page; *c; c++) {
        if (*c == '&')
            ck_assert_msg(strcspn(c, "; <") < 8 && c[strcspn(c, "; <")] == ';', "a bare &: %.40s", c);
        if (*c != '<')
            continue;
        const bool closes = c[1] == '/';
        const size_t length = strcspn(c + 1 + closes, " >/");
        const char *end = strchr(c, '>');
        ck_assert_msg(length > 0 && length < LONGEST && end, "no tag: %.40s", c);
        snprintf(name, sizeof name, " %.*s ", (int)length, c + 1 + closes);
        if (closes) {
            ck_assert_msg(depth > 0 && strncmp(open[--depth], name + 1, length) == 0 && open[depth][length] == '\0',
                          "</%s> closes <%s>", name, open[depth]);
        } else if (end[-1] != '/' && !strstr(empty, name)) {
            ck_assert_uint_lt(depth, DEEPEST);
            snprintf(open[depth++], LONGEST, "%.*s", (int)length, c + 1);
            if (strcmp(name, " style ") == 0 || strcmp(name, " script ") == 0)
                end = strstr(end, "</") - 1;
        }
        c = end;
    }
    ck_assert_uint_eq(depth, 0);
    ck_assert_str_eq(page + strlen(page) - strlen("</html>\n"), "</html>\n");
}

static size_t decode(const char *text, unsigned char *bytes, size_t capacity)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t length = 0;
    unsigned bits = 0;
    for (int count = 0; *text != '"' && *text != '='; text++) {
        const char *digit = strchr(digits, *text);
        ck_assert_ptr_nonnull(digit);
        bits = bits << 6 | (unsigned)(digit - digits);
        count += 6;
        if (count < 8)
            continue;
        count -= 8;
        ck_assert_uint_lt(length, capacity);
        bytes[length++] = (unsigned char)(bits >> count);
    }
    return length;
}

size_t count_pictures(int side)
{
    static const char before[] = "src=\"data:image/png;base64,";
    static unsigned char bytes[TEXT_LENGTH];
    size_t count = 0;
    for (const char *c = page; (c = strstr(c, before)); c += strlen(before)) {
        hg_picture picture = { .pixels = NULL };
        hg_error error;
        const size_t length = decode(c + strlen(before), bytes, sizeof bytes);
        ck_assert_msg(hg_picture_decode(&picture, "a picture", bytes, length, 0, &error) == HG_OK, "%s", error.message);
        count += picture.height == side && picture.width == side;
        hg_picture_release(&picture);
    }
    return count;
}
