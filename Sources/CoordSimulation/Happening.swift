import CoordCore
import CoordModel

/// Everything that is going to happen in the world. What belongs to a coordinator is lost with it: its epoch
/// tells.
enum Happening {
    /// Something reaches the coordinator's inbox.
    case told(Event, epoch: Int)
    /// The coordinator looks at its inbox.
    case turn(epoch: Int)
    case alarm(epoch: Int, generation: Int)
    /// The target is moved, or found elsewhere.
    case landing(epoch: Int)
    /// Somebody reads where the target stands.
    case look(epoch: Int)
    case worker(pid: Int32, SimulatedWorker.Deed)
    case coordinatorStarts
    case personActs
    case targetMoves
}
