using System.Net;
using HmsOrleans.Grains.Notifications;

namespace HmsOrleans.Silo.Notifications;

/// <summary>Delivers by HTTP. Addresses and tokens are in none of its words: of many receivers the address is the secret.</summary>
internal static class WebDelivery
{
    public static async Task<Delivery> PostAsync(HttpClient http, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            return Judge(response, request.RequestUri!);
        }
        catch (HttpRequestException e)
        {
            return new($"{request.RequestUri!.Authority} cannot be reached: {Reason(e)}");
        }
    }

    private static Delivery Judge(HttpResponseMessage response, Uri asked)
    {
        var code = (int)response.StatusCode;
        if (response.IsSuccessStatusCode)
        {
            return Delivery.Done;
        }
        if (code is >= 300 and < 400)
        {
            var target = response.Headers.Location is { } location ? new Uri(asked, location).GetLeftPart(UriPartial.Authority) : "somewhere else";
            return new($"{asked.Authority} answers {code} and sends us to {target}, which is not followed: set Url to where the receiver is");
        }
        var isFinal = response.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge or HttpStatusCode.UnprocessableEntity;
        var retryAfter = response.Headers.RetryAfter;
        return new($"{asked.Authority} answers {code} {response.StatusCode}", isFinal, retryAfter?.Delta ?? (retryAfter?.Date - response.Headers.Date));
    }

    private static string Reason(HttpRequestException e) => (e.GetBaseException().Message is { Length: > 0 } message ? message : e.HttpRequestError.ToString()).Split('\n')[0].Trim();
}
