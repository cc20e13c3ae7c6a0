#if canImport(Darwin)
    import Darwin

    extension ThreadPriority {
        /// From now on the calling thread runs when others leave room.
        package static func lower() {
            // A thread whose class cannot be changed goes on as it is.
            _ = pthread_set_qos_class_self_np(QOS_CLASS_UTILITY, 0)
        }
    }
#endif
