import CoordJSON

/// What the dialogues read of what clients print; the rest is left out. A test holds it to the sources: a
/// member that a dialogue asks for by name must stand here.
enum ClientMembers {
    static let interest = JSONInterest(
        names, whole: ["codexErrorInfo", "input", "modelUsage", "model_usage_since_last_result", "models"])

    static let names = """
        _meta actions additionalDetails agentCapabilities aider amount analytics api_error_status \
        arguments attempt cache cacheCreationInputTokens cacheReadInputTokens cacheWriteInputTokens \
        cache_creation_input_tokens cache_read_input_tokens cache_write_input_tokens cached \
        cachedInputTokens cachedReadTokens cachedTokens cachedWriteTokens cached_input_tokens \
        cached_tokens callID category changes claude claude_code_version code codex codexErrorInfo command completionTokens \
        completion_tokens config content contextWindow cost costUSD cost_usd currency currentModelId data \
        delay_ms description detail details developerInstructions display end error error_status errors \
        event excludeTurns exec exitCode exit_code exit_status export extra failed filePath file_path \
        function gemini goose home httpStatusCode id info input inputTokens input_cache_creation \
        input_cache_read input_other input_tokens isError is_error item kimi kind last limit line \
        loadSession message messageId message_id messages method model modelContextWindow modelUsage \
        model_usage_since_last_result models name opencode optionId options outcome output outputTokens \
        output_tokens parameters params parent_tool_use_id part path pattern payload promptTokens \
        prompt_tokens prompt_tokens_details properties protocolVersion query questions qwen rate_limit_info rawOutput \
        read reasoning request request_id resetsAt response result resume retryAfterSeconds \
        retry_delay_ms role rollout server sessionCapabilities sessionID sessionId sessionUpdate \
        session_id severity size started_at state stats status statusCode status_code stopReason subtype \
        summary terminal_reason text thread threadId thread_id thread_token_usage time title toModel \
        tokenUsage token_usage tokens tool toolCall toolCallId toolName toolResult tool_call_id \
        tool_calls tool_id tool_name tool_use_id total totalTokens total_token_usage total_tokens \
        trajectory turn type update url usage used uuid value willRetry wire write
        """.split(separator: " ").map(String.init)
}
