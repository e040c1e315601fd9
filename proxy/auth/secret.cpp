#include "auth/secret.hpp"

#include <utility>

#include "auth/error.hpp"
#include "auth/md5.hpp"

namespace pgweir::auth {

secret secret::parse(std::string_view text) {
    const auto name_and_dollar = scram_sha_256_name.size() + 1;
    if (text.size() >= name_and_dollar && text.substr(0, scram_sha_256_name.size()) == scram_sha_256_name &&
        text[name_and_dollar - 1] == '$') {
        secret result(kind_type::scram_sha_256, {});
        result.verifier_ = parse_verifier(text);
        if (!result.verifier_) result.kind_ = kind_type::unusable;
        return result;
    }
    if (text.empty()) return secret(kind_type::unusable, {});
    return secret(is_md5_hash(text) ? kind_type::md5 : kind_type::clear, text);
}

std::error_code secret::error() const noexcept {
    return kind_ == kind_type::unusable ? make_error_code(error_code::bad_verifier) : std::error_code();
}

std::string_view secret::clear_password() const noexcept {
    return kind_ == kind_type::clear ? std::string_view(text_) : std::string_view();
}

std::string_view secret::md5() const noexcept {
    return kind_ == kind_type::md5 ? std::string_view(text_) : std::string_view();
}

secret secret::with_verifier(scram_verifier verifier) const {
    secret result = *this;
    result.verifier_ = std::move(verifier);
    return result;
}

}  // namespace pgweir::auth
