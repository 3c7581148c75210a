/* Layers and optimizers are data: a type and its options. A macro makes the pair,
 *
 *     hg_conv2d(5, 20, .stride = 2)
 *
 * where the first options may go by position and the others by name. In C the
 * options live as long as the block around them, as any compound literal.
 *
 * In C++ the same macro makes a hinge::with_options, a value that keeps its options
 * itself and can be copied, returned and put into a container:
 *
 *     hg_network *net = hg_network_create({ hg_image_input(28, 28), hg_conv2d(5, 20), ... }, &error);
 *     std::vector<hinge::layer> layers;
 *     layers.push_back(hg_conv2d(5, 20));              positions only, C++17
 *
 *     hg_conv2d_options options = {};                  by name, C++17
 *     options.filter_size = 5, options.filters = 20, options.stride = 2;
 *     layers.push_back(hinge::layer(hg_conv2d_type, options));
 *
 *     layers.push_back(hinge::layer(hg_conv2d_type,    by name, C++20
 *                                   hg_conv2d_options{ .filter_size = 5, .filters = 20, .stride = 2 }));
 *     hg_network *net = hg_network_create(layers, &error);
 *
 * It turns into the hg_layer or hg_optimizer that points into it, which is good for
 * as long as the value lives; one that would die at once does not compile:
 *
 *     train.optimizer = hg_sgd(0.05, 0.9);                             an error
 *     const hinge::optimizer sgd = hg_sgd(0.05, 0.9);
 *     train.optimizer = sgd;                                           good while sgd lives
 *
 * Texts (name, inputs) are not copied before hg_network_create does so. */
#ifndef HINGE_OPTIONS_H
#define HINGE_OPTIONS_H

#include <stddef.h>

#ifndef __cplusplus

#define HG_WITH_OPTIONS(pair_type, type_symbol, options_type, ...) \
    (pair_type)                                                    \
    {                                                              \
        .type = &(type_symbol), .options = &(options_type)         \
        {                                                          \
            .size = sizeof(options_type), __VA_ARGS__              \
        }                                                          \
    }

/* A struct whose first field, .kind, says what the others mean: hg_schedule, hg_average. */
#define HG_OF_KIND(struct_type, kind_value, ...) \
    (struct_type)                                \
    {                                            \
        .kind = kind_value, __VA_ARGS__          \
    }

#else

#define HG_OF_KIND(struct_type, kind_value, ...) (hinge::of_kind<struct_type, kind_value>(__VA_ARGS__))

#define HG_WITH_OPTIONS(pair_type, type_symbol, options_type, ...) \
    (hinge::with_options<pair_type>((type_symbol), hinge::options<options_type>(__VA_ARGS__)))

#include <memory>
#include <type_traits>

namespace hinge
{

/* An argument that becomes the option's type as in C, where 1 is a good double,
 * except that 2.5 is no int. */
template <typename From> class argument
{
  public:
    constexpr explicit argument(From value) : value(value)
    {
    }
    template <typename To,
              typename = std::enable_if_t<std::is_convertible<From, To>::value &&
                                          (std::is_floating_point<To>::value || !std::is_floating_point<From>::value)>>
    constexpr operator To() const
    {
        return static_cast<To>(value);
    }

  private:
    From value;
};

/* The options struct with these first fields; the others are zero. */
template <typename Options, typename... Arguments> constexpr Options options(Arguments... arguments)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
    return Options{ sizeof(Options), argument<Arguments>(arguments)... };
#pragma GCC diagnostic pop
}

/* The struct of this kind with these first fields behind it. */
template <typename Struct, auto Kind, typename... Arguments> constexpr Struct of_kind(Arguments... arguments)
{
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"
    return Struct{ Kind, argument<Arguments>(arguments)... };
#pragma GCC diagnostic pop
}

/* A Pair (hg_layer or hg_optimizer) together with the options that it points to. */
template <typename Pair> class with_options
{
  public:
    template <typename Type, typename Options> with_options(const Type &type, Options options) : pair()
    {
        options.size = sizeof options;
        kept = std::make_shared<const Options>(options);
        pair.type = &type;
        pair.options = kept.get();
    }
    operator Pair() const &
    {
        return pair;
    }
    operator Pair() const && = delete; /* it would point to options that are gone: keep the value in a variable */

  private:
    std::shared_ptr<const void> kept;
    Pair pair;
};

} // namespace hinge

#endif

#endif
