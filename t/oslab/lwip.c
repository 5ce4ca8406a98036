/* A host of the lab whose IP stack is lwIP, as Debian builds it.
 *
 *	lwip TAP ADDRESS4/LEN ADDRESS6 PORT
 *
 * Attaches to a TAP device, which must be there, and accepts connections on one
 * TCP port over both families until it is killed. */
#include <lwip/ethip6.h>
#include <lwip/tcp.h>
#include <lwip/tcpip.h>
#include <netif/tapif.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char	*tap;
static ip4_addr_t	 addr4, mask4;
static ip6_addr_t	 addr6;
static u16_t		 port;
static struct netif	 nif;

static err_t
closed(void *arg, struct tcp_pcb *pcb, struct pbuf *p, err_t err)
{
	(void)arg, (void)err;
	if (p == NULL)
		return tcp_close(pcb);
	tcp_recved(pcb, p->tot_len);
	pbuf_free(p);
	return ERR_OK;
}

static err_t
opened(void *arg, struct tcp_pcb *pcb, err_t err)
{
	(void)arg;
	if (err != ERR_OK || pcb == NULL)
		return ERR_VAL;
	tcp_recv(pcb, closed);
	return ERR_OK;
}

/* In the stack's own thread. */
static void
start(void *arg)
{
	struct tcp_pcb *pcb;
	s8_t i;

	(void)arg;
	netif_add(&nif, &addr4, &mask4, NULL, NULL, tapif_init, tcpip_input);
	/* what the driver leaves out */
	nif.output_ip6 = ethip6_output;
	nif.flags |= NETIF_FLAG_MLD6;
	netif_set_default(&nif);
	netif_create_ip6_linklocal_address(&nif, 1);
	if (netif_add_ip6_address(&nif, &addr6, &i) == ERR_OK)
		netif_ip6_addr_set_state(&nif, i, IP6_ADDR_PREFERRED);
	netif_set_up(&nif);
	netif_set_link_up(&nif);
	pcb = tcp_new_ip_type(IPADDR_TYPE_ANY);
	if (pcb == NULL || tcp_bind(pcb, IP_ANY_TYPE, port) != ERR_OK ||
	    (pcb = tcp_listen(pcb)) == NULL) {
		fprintf(stderr, "lwip: cannot listen on port %u\n", port);
		exit(1);
	}
	tcp_accept(pcb, opened);
	puts("ready");
	fflush(stdout);
}

int
main(int argc, char **argv)
{
	char text[64], *len;

	if (argc != 5 || strlen(argv[2]) >= sizeof(text)) {
		fprintf(stderr, "usage: lwip TAP ADDRESS4/LEN ADDRESS6 PORT\n");
		return 2;
	}
	tap = argv[1];
	strcpy(text, argv[2]);
	if ((len = strchr(text, '/')) != NULL)
		*len++ = '\0';
	ip4_addr_set_u32(&mask4, lwip_htonl(~(u32_t)0 << (32 -
	    (len != NULL ? atoi(len) : 24))));
	port = (u16_t)atoi(argv[4]);
	if (!ip4addr_aton(text, &addr4) || !ip6addr_aton(argv[3], &addr6)) {
		fprintf(stderr, "lwip: %s, %s: no addresses\n", argv[2],
		    argv[3]);
		return 2;
	}
	/* or it would run ifconfig(8) */
	setenv("PRECONFIGURED_TAPIF", tap, 1);
	tcpip_init(start, NULL);
	for (;;)
		pause();
}
