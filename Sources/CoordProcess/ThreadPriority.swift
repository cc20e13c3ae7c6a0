/// How much a thread of ours counts beside the others.
package enum ThreadPriority {}
