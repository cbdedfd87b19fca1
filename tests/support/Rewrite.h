// An image taken apart, changed and written again, to test what a decoder refuses.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "chip/Image.h"

namespace rheo::test {

// The words of a memory by owner ("core 0", "input 0") and name, before they are written again.
using EditWords =
    std::function<void(const std::string& owner, const std::string& name, std::vector<std::uint64_t>&)>;
using EditHeader = std::function<void(image::HeaderT&)>;  // after the memories were added

Expected<Image> rewrite(const Image& image, const EditHeader& header, const EditWords& words = nullptr);

// Sets one field of a record.
void poke(const Image& image, std::vector<std::uint64_t>& words, const std::string& record,
          std::uint64_t index, const std::string& field, std::int64_t value);

}  // namespace rheo::test
