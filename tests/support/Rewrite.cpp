// Images taken apart and written again.
#include "support/Rewrite.h"

namespace rheo::test {

Expected<Image> rewrite(const Image& image, const EditHeader& editHeader, const EditWords& editWords) {
  ImageWriter writer;
  image.header().UnPackTo(&writer.header);
  auto copy = [&](const std::string& owner, const image::Memory& source, image::MemoryT& target) {
    const std::span<const std::uint64_t> words = image.words(source);
    std::vector<std::uint64_t> edited(words.begin(), words.end());
    if (editWords) editWords(owner, source.name()->str(), edited);
    target = writer.addMemory(source.name()->str(), edited, source.records());
  };
  for (std::size_t k = 0; k < writer.header.cores.size(); ++k)
    for (std::size_t m = 0; m < writer.header.cores[k]->memories.size(); ++m)
      copy("core " + std::to_string(k),
           *image.header().cores()->Get(static_cast<unsigned>(k))->memories()->Get(static_cast<unsigned>(m)),
           *writer.header.cores[k]->memories[m]);
  for (std::size_t i = 0; i < writer.header.inputs.size(); ++i) {
    const image::Input& source = *image.header().inputs()->Get(static_cast<unsigned>(i));
    copy("input " + std::to_string(i), *source.routes(), *writer.header.inputs[i]->routes);
    copy("input " + std::to_string(i), *source.route_index(), *writer.header.inputs[i]->route_index);
  }
  if (editHeader) editHeader(writer.header);
  return writer.finish();
}

void poke(const Image& image, std::vector<std::uint64_t>& words, const std::string& record,
          std::uint64_t index, const std::string& field, std::int64_t value) {
  for (const image::Layout* layout : *image.header().layouts())
    if (layout->record()->str() == record)
      for (const image::Field* entry : *layout->fields())
        if (entry->name()->str() == field)
          writeBits(words, recordStart(index, layout->bits()) + entry->offset(), entry->width(), value);
}

}  // namespace rheo::test
