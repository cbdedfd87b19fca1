// One random change in the tree of an image's header: a number, a text, a list.
#pragma once

#include "chip/image_generated.h"
#include "common/Random.h"

namespace rheo::fuzz {

void mutateHeader(image::HeaderT& header, Random& random);

}  // namespace rheo::fuzz
