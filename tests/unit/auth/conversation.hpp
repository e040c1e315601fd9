#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "auth/client_login.hpp"
#include "auth/server_login.hpp"

/// Plays a login of ours against a login of ours: client_login asks, server_login answers.
namespace pgweir::auth::test {

inline constexpr std::string_view mock_key = "a key of the process";
inline constexpr std::string_view client_nonce = "eighteen bytes of.";

inline entropy fixed_entropy() {
    entropy result;
    result.md5_salt = {1, 2, 3, 4};
    for (std::size_t i = 0; i < result.scram_nonce.size(); ++i) result.scram_nonce[i] = static_cast<char>(i * 7);
    return result;
}

struct message {
    char tag;
    std::string body;

    bool operator==(const message&) const = default;
};

/// Requires whole messages.
inline std::vector<message> split(const std::string& bytes) {
    std::vector<message> messages;
    for (std::size_t at = 0; at < bytes.size();) {
        std::size_t length = 0;
        for (std::size_t i = 1; i <= 4; ++i) length = length << 8 | static_cast<unsigned char>(bytes[at + i]);
        messages.push_back({bytes[at], bytes.substr(at + 5, length - 4)});
        at += length + 1;
    }
    return messages;
}

/// The one message in it.
inline std::string body_of(const std::string& bytes) {
    return split(bytes).at(0).body;
}

inline std::string authentication(std::int32_t kind, const std::string& data = {}) {
    return std::string{0, 0, 0, static_cast<char>(kind)} + data;
}

struct outcome {
    bool client_is_in = false;
    bool server_is_in = false;
    std::error_code refused_client;
    std::error_code refused_server;
    /// `R` and `p` messages in the order they were sent.
    std::vector<message> messages;
};

/// Changes a message on its way; the number counts from 0 over both directions. False: it is lost, and the rest too.
using tampering = std::function<bool(std::size_t number, message& sent)>;

class conversation {
public:
    conversation(client_login& asker, server_login& answerer, tampering tamper)
        : asker_(asker), answerer_(answerer), tamper_(std::move(tamper)) {}

    outcome run() {
        std::string out;
        note(asker_.start(out));
        while (!out.empty() && !over_) out = ask(carry(out));
        return std::move(result_);
    }

private:
    std::vector<message> carry(const std::string& bytes) {
        auto messages = split(bytes);
        for (auto& sent : messages) {
            over_ = over_ || (tamper_ && !tamper_(result_.messages.size(), sent));
            if (over_) return {};
            result_.messages.push_back(sent);
        }
        return messages;
    }

    /// Gives what the asker says to the answerer, and the answer back to the asker, whose words are returned.
    std::string ask(const std::vector<message>& questions) {
        std::string answers;
        for (const auto& question : questions) {
            if (over_) break;
            const auto step = answerer_.receive(question.body, answers);
            result_.server_is_in = step == server_login::step::done;
            over_ = step == server_login::step::failed;
            if (over_) result_.refused_server = answerer_.failure();
        }
        std::string out;
        for (const auto& answer : carry(answers))
            if (!over_) note(asker_.receive(answer.body, out));
        return out;
    }

    void note(client_login::step step) {
        result_.client_is_in = step == client_login::step::send_and_done;
        over_ = step == client_login::step::failed;
        if (over_) result_.refused_client = asker_.failure();
    }

    client_login& asker_;
    server_login& answerer_;
    tampering tamper_;
    outcome result_;
    bool over_ = false;
};

inline outcome play(client_login& asker, server_login& answerer, tampering tamper = {}) {
    return conversation(asker, answerer, std::move(tamper)).run();
}

inline outcome play(method wanted, const std::string& user, const std::optional<secret>& known,
                    const std::string& password, tampering tamper = {}) {
    client_login asker(wanted, user, known, fixed_entropy(), mock_key);
    server_login answerer(credentials{user, password, std::nullopt, {}}, client_nonce, nullptr);
    return play(asker, answerer, std::move(tamper));
}

}  // namespace pgweir::auth::test
