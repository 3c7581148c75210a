#include "mnist_json.h"

hg_status mnist_json_print(cJSON *object, bool filled, hg_error *error)
{
    char *line = filled ? cJSON_PrintUnformatted(object) : NULL;
    cJSON_Delete(object);
    if (!line)
        return hg_fail(error, HG_NO_MEMORY, "no memory for a line of JSON");
    puts(line);
    cJSON_free(line);
    return HG_OK;
}
