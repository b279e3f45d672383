using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace HmsOrleans.Api.Fleet;

/// <summary>A grain did not answer: carries the reply out of the endpoint, since each of its calls can end so.</summary>
internal sealed class NoAnswerException(ProblemHttpResult problem, Exception? cause = null) : Exception(problem.ProblemDetails.Detail, cause)
{
    /// <summary>Seconds after which a client should ask again: about the time in which a lost silo is replaced.</summary>
    private const string RetryAfter = "5";

    /// <summary>Endpoint filter: the exception becomes the reply that it carries.</summary>
    public static async ValueTask<object?> Filter(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        try
        {
            return await next(context);
        }
        catch (NoAnswerException e)
        {
            context.HttpContext.Response.Headers.RetryAfter = RetryAfter;
            return e.Problem;
        }
    }

    public ProblemHttpResult Problem => problem;
}
