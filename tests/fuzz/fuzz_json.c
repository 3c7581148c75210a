/* The layers of a model file as JSON text. */
#include <stdlib.h>
#include <string.h>

#include "src/architecture.h"

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    char *text = malloc(size + 1);
    memcpy(text, bytes, size);
    text[size] = '\0';
    size_t stopped = 0;
    cJSON *tree = json_parse(text, size, &stopped);
    if (!tree && stopped > size)
        abort();
    cJSON_Delete(tree);
    hg_error error = { .message = "" };
    architecture read = { 0 };
    if (architecture_read(&read, text, &error) == HG_OK)
        architecture_release(&read);
    else if (error.message[0] == '\0')
        abort();
    free(text);
    return 0;
}
