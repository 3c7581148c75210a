/* The oneDNN side of the bench: answers requests on standard input.
 *
 * A request is a line "BATCH SECONDS"; the answer is a line "SAMPLES_PER_SECOND
 * SETTING". At the first request it tries several settings and goes on with the best.
 * The number of threads is OMP_NUM_THREADS. */
#include <stdio.h>
#include <stdlib.h>

#include "search.h"

static const char *layout_name(dnnl_format_tag_t layout)
{
    return layout == dnnl_nhwc ? "channels last" : layout == dnnl_nchw ? "channels first" : "its own layouts";
}

static void answer(network *network, const data *data, int batch, double seconds)
{
    const settings *settings = &network->settings;
    printf("%.2f %d at a time, %s, pooling %d, ", search_rate(network, data, batch, seconds), settings->samples,
           layout_name(settings->layout), settings->pooling);
    if (settings->pooling_backward == POOLING_BY_COMPARISON)
        puts("backward by comparison");
    else
        printf("backward %d\n", settings->pooling_backward);
    fflush(stdout);
}

int main(void)
{
    data data = data_create();
    network network;
    int batch, opened = 0;
    double seconds;
    const dnnl_version_t *version = dnnl_version();
    /* the cache would hand out the first implementation in the place of any other */
    must(dnnl_set_primitive_cache_capacity(0), "cache");
    printf("ready %d.%d.%d\n", version->major, version->minor, version->patch);
    fflush(stdout);
    while (scanf("%d %lf", &batch, &seconds) == 2 && batch > 0 && batch <= SAMPLES) {
        if (opened && opened != batch)
            network_close(&network);
        if (opened != batch && !search_best(&network, &data, batch))
            return EXIT_FAILURE;
        opened = batch;
        answer(&network, &data, batch, seconds);
    }
    if (opened)
        network_close(&network);
    data_destroy(&data);
    return EXIT_SUCCESS;
}
