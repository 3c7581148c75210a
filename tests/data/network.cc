// A network with branches, built and trained a few steps from C++.
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include <hinge/hinge.h>

namespace
{

int fail(const hg_error &error)
{
    std::fprintf(stderr, "%s\n", error.message);
    return 1;
}

// Options by name: their values must outlive this function.
hinge::layer branch(int filter_size, const char *name)
{
#if __cplusplus >= 202002L
    return hinge::layer(
        hg_conv2d_type,
        hg_conv2d_options{
            .filter_size = filter_size, .filters = 2, .same = true, .name = name, .inputs = { "image_input_1" } });
#else
    hg_conv2d_options options = {};
    options.filter_size = filter_size;
    options.filters = 2;
    options.same = true;
    options.name = name;
    options.inputs[0] = "image_input_1";
    return hinge::layer(hg_conv2d_type, options);
#endif
}

hinge::layer join()
{
    hg_concat_options options = {};
    options.inputs[0] = "fine";
    options.inputs[1] = "coarse";
    return hinge::layer(hg_concat_type, options);
}

hg_network *branched(hg_error *error)
{
    std::vector<hinge::layer> layers = { hg_image_input(28, 28), branch(3, "fine"), branch(5, "coarse") };
    layers.push_back(join());
    layers.push_back(hg_threshold_relu(HG_GATE));
    layers.push_back(hg_max_pool2d(4));
    for (int units : { 16, 10 })
        layers.push_back(hg_fully_connected(units));
    layers.push_back(hg_softmax());
    layers.push_back(hg_classification());
    return hg_network_create(layers, error);
}

hg_network *chain(hg_error *error)
{
    return hg_network_create({ hg_image_input(28, 28, 1, HG_ZSCORE), hg_conv2d(5, 3), hg_leaky_relu(1),
                               hg_max_pool2d(2), hg_fully_connected(10), hg_softmax(), hg_classification() },
                             error);
}

// What the options said must be in the network, after the values that carried them are gone.
bool as_described(const hg_network *network)
{
    const hg_layer_info coarse = hg_network_layer(network, 2);
    const auto *gate = static_cast<const hg_threshold_relu_options *>(hg_network_layer(network, 4).options);
    return hg_network_layer_count(network) == 10 && std::strcmp(coarse.name, "coarse") == 0 &&
           coarse.output.channels == 2 && coarse.output.height == 28 && gate->form == HG_GATE &&
           hg_network_layer(network, 6).output.channels == 16 && hg_network_classes(network) == 10;
}

int train(hg_network *network)
{
    hg_error error;
    std::unique_ptr<hg_dataset, decltype(&hg_dataset_destroy)> digits(hg_synthetic_digits(100, 1, 1, &error),
                                                                      hg_dataset_destroy);
    if (!digits)
        return fail(error);
    const hinge::optimizer sgd = hg_sgd(0.05, 0.9);
    hg_train_options options = {};
    options.optimizer = sgd;
    options.epochs = 1;
    options.batch = 50;
    std::vector<float> pixels(28 * 28), probabilities(10);
    if (hg_network_train(network, digits.get(), &options, &error) != HG_OK ||
        hg_network_predict(network, pixels.data(), 1, probabilities.data(), &error) != HG_OK ||
        hg_network_step(network, hg_sgd(0.05), &error) != HG_OK)
        return fail(error);
    return 0;
}

} // namespace

int main()
{
    hg_error error;
    hg_network *branches = branched(&error);
    if (!branches)
        return fail(error);
    hg_network *simple = chain(&error);
    if (!simple)
        return fail(error);
    const hinge::layer alone[] = { hg_image_input(28, 28) };
    int status = hg_network_create(alone, &error) != nullptr; // no output layer
    if (!as_described(branches))
        status = 1;
    status |= train(branches) | train(simple);
    hg_network_destroy(simple);
    hg_network_destroy(branches);
    return status;
}
