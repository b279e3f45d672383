using Scalar.AspNetCore;

namespace HmsOrleans.Api.OpenApi;

/// <summary>The page that shows the OpenAPI document and lets people try it out. It loads nothing from the internet.</summary>
internal static class ApiReference
{
    public static void Configure(ScalarOptions options) => options
        .WithTitle("HmsOrleans API")
        .DisableDefaultFonts()
        .DisableAgent()
        .DisableMcp()
        .DisableTelemetry();
}
