// Turns a placed network into a chip image: memory words packed by the chip's own register layouts, and
// the header that names things. Equal input gives equal bytes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "chip/ChipSpec.h"
#include "chip/Image.h"
#include "place/Place.h"
#include "support/Error.h"

namespace rheo {

// What the image says beyond what the chip does: names, shapes, proofs.
struct ImageMetadata {
  struct Population {
    std::vector<std::int64_t> shape;
    std::int32_t lag = 0;
    bool hidden = false;
    std::vector<image::ScaleT> scales;
  };
  struct Input {
    std::vector<std::int64_t> shape;
    image::Encoding encoding = image::Encoding::Binary;
    std::int32_t maxPayload = 1;
  };
  std::string generator = "rheobase 0.1.0";
  std::string network;
  double dt = 0;
  std::vector<Population> populations;  // parallel to the problem's
  std::vector<Input> inputs;            // parallel to the problem's
  std::vector<image::OutputT> outputs;
  std::vector<image::RangeT> ranges;
  std::vector<image::AssumptionT> assumptions;
  std::string quantization = "{}";
};

// `placement` is what place() made of `problem` and `chip`, or what a stage file says. Errors: R0412 to R0417
// where a core holds more than the chip has, R0509 where a value does not fit its record, Internal (R0421)
// where the parts do not belong together.
Expected<Image> emitImage(const PlacementProblem& problem, const Placement& placement, const ChipSpec& chip,
                          ImageMetadata metadata);

// Whether the records of a chip hold every value of a network that its limits allow: emission then refuses
// nothing that was placed. Records that a user wrote may be too narrow for what no rule of theirs asks for.
bool recordsHoldAll(const ChipSpec& chip);

}  // namespace rheo
