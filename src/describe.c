/* A network as a table. */
#include <string.h>

#include <hinge/hinge.h>

#include "src/network.h"

enum { NAME, TYPE }; /* the columns that grow */

enum {
    COLUMN = 16,
    WIDEST_WITH_TYPES = 80 - 35, /* of 80, what the other columns and the spaces leave */
    TEXT = 48
};

const char *hg_version(void)
{
    return HG_VERSION;
}

static size_t learnable_of(const hg_network *network, const node *node)
{
    size_t count = 0;
    for (size_t i = 0; i < node->parameter_count; i++) {
        const parameter *parameter = &network->parameters[node->first_parameter + i];
        if (parameter_is_learned(parameter))
            count += parameter->count;
    }
    return count;
}

static int longest(int width, const char *text)
{
    const int length = (int)strlen(text);
    return length > width ? length : width;
}

/* conv2d_2 says of itself that it is a conv2d. */
static bool says_its_type(const node *node)
{
    const size_t length = strlen(node->type->name);
    return strncmp(node->name, node->type->name, length) == 0;
}

static void write_row(FILE *stream, const int *width, const char *number, const char *name, const char *type,
                      const char *shape, const char *parameters)
{
    fprintf(stream, "%3s  %-*s  ", number, width[NAME], name);
    if (width[TYPE])
        fprintf(stream, "%-*s ", width[TYPE], type);
    fprintf(stream, "%-*s %10s\n", COLUMN, shape, parameters);
}

void hg_network_describe(const hg_network *network, FILE *stream)
{
    int width[] = { [NAME] = (int)strlen("layer"), [TYPE] = COLUMN };
    bool all_say_types = true;
    for (size_t i = 0; i < network->node_count; i++) {
        const node *node = &network->nodes[i];
        width[NAME] = longest(width[NAME], node->name);
        width[TYPE] = longest(width[TYPE], node->type->name);
        all_say_types &= says_its_type(node);
    }
    if (all_say_types && width[NAME] + width[TYPE] > WIDEST_WITH_TYPES)
        width[TYPE] = 0;
    write_row(stream, width, "", "layer", "type", "output", "parameters");
    for (size_t i = 0; i < network->node_count; i++) {
        const node *node = &network->nodes[i];
        char number[TEXT], shape[TEXT], parameters[TEXT];
        snprintf(number, sizeof number, "%zu", i + 1);
        snprintf(shape, sizeof shape, "%d x %d x %d", node->shape.height, node->shape.width, node->shape.channels);
        snprintf(parameters, sizeof parameters, "%zu", learnable_of(network, node));
        write_row(stream, width, number, node->name, node->type->name, shape, parameters);
    }
    char total[TEXT];
    snprintf(total, sizeof total, "%zu", hg_network_learnable_count(network));
    write_row(stream, width, "", "total", "", "", total);
}
