using HmsOrleans.Api.Bodies;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace HmsOrleans.Api.Problems;

/// <summary>Exceptions that nobody expected become problems without a stack trace; the log has it.</summary>
internal sealed partial class ExceptionProblems(ILogger<ExceptionProblems> logger) : IExceptionHandler
{
    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        var problem = exception switch
        {
            // Kestrel's own judgement of a request: the body's size and speed, broken framing.
            BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } =>
                ProblemType.BodyTooLarge.With($"The body is larger than {CommandBody.MaxBytes} bytes, which no command needs."),
            BadHttpRequestException { StatusCode: >= 400 and < 500 } bad => ProblemType.RequestInvalid.With(bad.Message),
            _ => ProblemType.Internal.With(ProblemType.Internal.Example),
        };
        if (problem.StatusCode == StatusCodes.Status500InternalServerError)
        {
            LogFault(exception, httpContext.Request.Method, httpContext.Request.Path);
        }
        await problem.ExecuteAsync(httpContext);
        return true;
    }

    [LoggerMessage(LogLevel.Error, "{Method} {Path} failed by a fault of the program")]
    private partial void LogFault(Exception exception, string method, string path);
}
