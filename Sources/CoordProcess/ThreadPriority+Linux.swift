#if canImport(Glibc)
    import Glibc

    extension ThreadPriority {
        /// From now on the calling thread, and the processes it starts, run when others leave room.
        package static func lower() {
            // Zero stands for the calling thread. One that may not be nicer goes on as it is.
            _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 10)
        }
    }
#endif
