/* A network with branches: two sizes of filters side by side, joined by concat, then a
 * shortcut around a convolution, joined by add (He et al. 2016, arXiv 1512.03385).
 *
 *     image -+- fine (3x3) ---+- both - relu -- pool -+- detail (3x3) -+- sum - relu - pool - ...
 *            +- coarse (7x7) -+                       +----------------+
 *
 *     cc branches.c -Iinclude build/libhinge.a $(pkg-config --libs openblas zlib libcjson) -lm -pthread
 */
#include <stdio.h>

#include <hinge/hinge.h>

static bool report(const hg_epoch_report *epoch, void *context)
{
    (void)context;
    printf("epoch %d: loss %.4f, test accuracy %.1f %%\n", epoch->epoch, epoch->train_loss, 100 * epoch->test.accuracy);
    for (size_t i = 0; i < epoch->layer_count; i++)
        printf("  %-6s %zu of %zu units dead\n", epoch->layers[i].layer, epoch->layers[i].dead, epoch->layers[i].units);
    return true; /* go on */
}

int main(void)
{
    /* .name names a layer, .inputs what it takes; without .inputs it takes the layer before. */
    const hg_layer layers[] = {
        hg_image_input(28, 28, .name = "image"),
        hg_conv2d(3, 6, .same = true, .name = "fine", .inputs = { "image" }),
        hg_conv2d(7, 6, .same = true, .name = "coarse", .inputs = { "image" }),
        hg_concat(.name = "both", .inputs = { "fine", "coarse" }), /* 6 + 6 channels */
        hg_relu(.name = "relu_a"),
        hg_max_pool2d(2, .name = "pool"),
        hg_conv2d(3, 12, .same = true, .name = "detail"), /* as many channels as it will be added to */
        hg_add(.name = "sum", .inputs = { "pool", "detail" }),
        hg_relu(.name = "relu_b"),
        hg_max_pool2d(2),
        hg_fully_connected(10),
        hg_softmax(),
        hg_classification(),
    };
    hg_error error = { .message = "" };
    hg_network *net = hg_network_create(layers, HG_COUNT(layers), &error);
    hg_dataset *digits = hg_synthetic_digits(4000, 1, 0, &error), *others = hg_synthetic_digits(1000, 2, 0, &error);
    hg_status status = net && digits && others ? HG_OK : error.status;
    if (!status) {
        hg_network_describe(net, stdout);
        status = hg_network_train(net, digits,
                                  &(hg_train_options){ .optimizer = hg_sgd(0.02, .momentum = 0.9),
                                                       .epochs = 2,
                                                       .batch = 50,
                                                       .test = others,
                                                       .on_epoch = report },
                                  &error);
    }
    if (status)
        fprintf(stderr, "branches: %s\n", error.message);
    hg_dataset_destroy(others);
    hg_dataset_destroy(digits);
    hg_network_destroy(net);
    return status != HG_OK;
}
