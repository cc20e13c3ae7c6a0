/// A value that lies beside its owner, on the heap: what is large and seldom changes costs a copy of its
/// owner one reference instead of all its fields. A value in every other respect; a change makes a new one.
@propertyWrapper
package struct Boxed<Value: Hashable & Sendable>: Hashable, Sendable {
    /// Where the value lies.
    @usableFromInline
    package final class Box: Sendable {
        @usableFromInline package let value: Value
        @inlinable package init(_ value: Value) { self.value = value }
    }

    @usableFromInline package var box: Box

    @inlinable package init(wrappedValue: Value) { box = Box(wrappedValue) }

    @inlinable package var wrappedValue: Value {
        get { box.value }
        set { box = Box(newValue) }
    }

    @inlinable package static func == (left: Boxed, right: Boxed) -> Bool {
        left.box === right.box || left.box.value == right.box.value
    }

    @inlinable package func hash(into hasher: inout Hasher) { hasher.combine(box.value) }
}
