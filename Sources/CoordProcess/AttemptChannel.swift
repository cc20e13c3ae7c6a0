import CoordSystem
import CoordWire

/// How a process of an attempt finds its worker. Some clients give the servers they start only variables that
/// were named to them, and those stand in arguments that others can read: so the token lies in a file beside
/// the door as well.
package enum AttemptChannel {
    /// Where the token of a door lies.
    package static func tokenFile(of door: String) -> String { door + ".token" }

    /// The environment, with the token from its file where it has none.
    package static func environment(_ given: [String: String] = Environment.all) -> [String: String] {
        guard given[ChannelHello.tokenVariable] == nil, let door = given[ChannelHello.channelVariable],
            // Without a token there is no channel, whatever the reason.
            let token = try? Files.readText(tokenFile(of: door), limitBytes: 256)
        else { return given }
        return given.merging([ChannelHello.tokenVariable: token]) { $1 }
    }
}
