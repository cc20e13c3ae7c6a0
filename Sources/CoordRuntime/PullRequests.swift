import CoordCore
import CoordJSON
import CoordModel
import CoordProcess
import CoordSystem
import Synchronization

/// Opens and updates one pull request through `gh`, where that is installed and signed in; else tells the
/// page on which a person can open it.
final class PullRequests: Sendable {
    /// What is asked for.
    struct Order: Sendable {
        /// The project's folder, from which `gh` knows the repository.
        var folder: String
        /// The remote's address.
        var address: String
        var branch: String
        var base: String
        var title: String
        var text: String
    }

    /// Time enough for a slow line; a `gh` that takes longer hangs.
    private static let timeout = Duration.seconds(60)

    /// The page of the pull request, or the one to open it with; nil when neither can be told. The branch is
    /// at the remote already.
    func bring(_ order: Order, cancellation: Cancellation) -> String? {
        guard let gh = Executables.find("gh"), ask(gh, ["auth", "status"], order, cancellation) != nil else {
            return RemoteAddress(order.address)?.compare(branch: order.branch, with: order.base)
        }
        return update(gh, order, cancellation) ?? create(gh, order, cancellation)
            ?? RemoteAddress(order.address)?.compare(branch: order.branch, with: order.base)
    }

    /// The open pull request of the branch, brought up to date; nil when there is none.
    private func update(_ gh: String, _ order: Order, _ cancellation: Cancellation) -> String? {
        let list = [
            "pr", "list", "--head", order.branch, "--base", order.base, "--state", "open", "--limit", "1",
            "--json", "number,url",
        ]
        // An answer that is no JSON is as good as none.
        guard let text = ask(gh, list, order, cancellation), let answer = try? JSONParser.parse(text),
            let found = answer.arrayValue?.first, let number = found["number"]?.integerValue,
            let address = found["url"]?.stringValue
        else { return nil }
        let edit = ["pr", "edit", "\(number)", "--title", order.title, "--body-file", "-"]
        // A text that could not be renewed is no reason to open a second one.
        _ = ask(gh, edit, order, cancellation, input: order.text)
        return address
    }

    private func create(_ gh: String, _ order: Order, _ cancellation: Cancellation) -> String? {
        let create = [
            "pr", "create", "--head", order.branch, "--base", order.base, "--title", order.title,
            "--body-file", "-",
        ]
        let answer = ask(gh, create, order, cancellation, input: order.text)
        return answer?.split(whereSeparator: \.isNewline).last { $0.hasPrefix("https://") }.map(String.init)
    }

    /// What `gh` answered; nil when it failed. It never asks back.
    private func ask(
        _ gh: String, _ arguments: [String], _ order: Order, _ cancellation: Cancellation, input: String = ""
    ) -> String? {
        var environment = Environment.all.filter { !$0.key.hasPrefix("GIT_") }
        environment["GH_PROMPT_DISABLED"] = "1"
        environment["GH_NO_UPDATE_NOTIFIER"] = "1"
        environment["GIT_TERMINAL_PROMPT"] = "0"
        environment["NO_COLOR"] = "1"
        let request = CommandRequest(
            executable: gh, arguments: arguments, environment: environment, workingFolder: order.folder,
            input: Array(input.utf8), timeout: Self.timeout, outputLimitBytes: 1 << 20)
        // A `gh` that cannot be started is one that is not there.
        guard let result = try? CommandRunner.run(request, cancellation: cancellation), result.succeeded
        else {
            return nil
        }
        return result.outputText
    }
}
