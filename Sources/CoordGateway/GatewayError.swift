import CoordJSON

/// What the gateway says when it answers itself.
enum GatewayError {
    /// An error in the shape of the API that was asked.
    static func body(_ dialect: Dialect?, status: Int, _ message: String) -> [UInt8] {
        let type =
            switch status {
            case 400: "invalid_request_error"
            case 401: "authentication_error"
            case 402: "billing_error"
            case 403: "permission_error"
            case 404: "not_found_error"
            default: "api_error"
            }
        let value: JSONValue
        switch dialect {
        case .messages:
            value = ["type": "error", "error": ["type": .string(type), "message": .string(message)]]
        case .gemini:
            value = [
                "error": [
                    "code": .integer(Int64(status)), "message": .string(message), "status": .string(type),
                ]
            ]
        case .chat, .responses, .free, nil:
            value = ["error": ["message": .string(message), "type": .string(type), "code": .string("coord")]]
        }
        return value.serialized()
    }
}
